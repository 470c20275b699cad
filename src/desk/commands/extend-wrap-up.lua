-- extendWrapUp(agent, byMs, mostMs, now): after-call work that goes on at `now` goes on for longer, but no longer than
-- `mostMs` after the conversation; it is never shortened. Answers the agent, nothing when she has none.
local agent = agentWith(ARGV[4])
local byMs, mostMs, now = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if not agent or agent.presence.is ~= "after_call" or agent.presence["until"] <= now then
  return answer(false)
end

local till = agent.presence["until"]
agent.presence["until"] = math.max(till, math.min(till + byMs, agent.idleSince + mostMs))
agent.wishedAt = now
tell()
return answer(putAgent(agent))
