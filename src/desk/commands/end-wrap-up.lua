-- endWrapUp(agent, now): after-call work that was due by `now` ends. Answers 1 when she is available by it, 0 when
-- there was none or it goes on. Her idle time goes on counting from the end of the call.
local agent, now = agentWith(ARGV[4]), tonumber(ARGV[5])
if not agent or agent.presence.is ~= "after_call" or agent.presence["until"] > now then
  return answer(0)
end

agent.wishedAt = now
agent.presence = { is = "available" }
putAgent(agent)
tell()
return answer(1)
