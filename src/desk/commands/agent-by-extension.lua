-- agentByExtension(extension): the agent who has this extension at this moment, nothing when nobody has it. Changes
-- nothing.
local id = redis.call("HGET", EXTENSIONS, ARGV[4])
return answer(id and redis.call("HGET", AGENTS, id))
