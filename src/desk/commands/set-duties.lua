-- setDuties(agent, duties, now): from now on she serves these queues and can do this; what `duties` (JSON) does not name
-- stays as it is. Answers the agent, nothing for an unknown id.
local agent = agentWith(ARGV[4])
local duties = cjson.decode(ARGV[5])
if not agent then return answer(false) end

agent.queues = duties.queues or agent.queues
agent.skills = duties.skills or agent.skills
agent.movedAt = tonumber(ARGV[6])
tell()
return answer(putAgent(agent))
