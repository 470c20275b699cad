-- setPresence(agent, wish, now): the agent gets what she asks for, at once or, away and paused during a call or the work
-- after it, when both have ended. `withPresence` of record.ts is the same. Answers the agent, nothing for an unknown id.
local agent = agentWith(ARGV[4])
local wish = cjson.decode(ARGV[5])
local now = tonumber(ARGV[6])
if not agent then return answer(false) end

agent.wishedAt = now
if wish.is == "available" then
  -- After-call work has counted as idle time since the call ended; a break and being away have not.
  if agent.presence.is == "offline" or agent.presence.is == "paused" then agent.idleSince = now end
  agent.presence = wish
  agent.later = cjson.null
  agent.unanswered = 0
elseif agent.activity.is == "talking" or agent.presence.is == "after_call" then
  agent.later = wish
else
  agent.presence = wish
  agent.later = cjson.null
end

tell()
return answer(putAgent(agent))
