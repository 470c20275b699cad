-- snapshot(): every waiting call, every agent and every process at one moment: two texts that are JSON lists, then
-- owners and their beats in turn, then what was said of each queue, as a JSON list. Changes nothing.
local function list(key)
  return "[" .. table.concat(redis.call("HVALS", key), ",") .. "]"
end
return answer({ list(WAITING), list(AGENTS), redis.call("HGETALL", PEERS), list(CLOSINGS) })
