-- endWrapUp(agent, now, dueBy): after-call work that is due by `dueBy` ends, and she is what she asked for meanwhile, or
-- available. Answers 0 when there was none or it goes on. Her idle time goes on counting from the end of the call.
-- `wrappedUp` of record.ts is the same.
local agent, now, dueBy = agentWith(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not agent or agent.presence.is ~= "after_call" or agent.presence["until"] > dueBy then
  return answer(0)
end

agent.wishedAt = now
become(agent, { is = "available" })
putAgent(agent)
tell()
return answer(1)
