-- finish(call, agent, wrapUpUntil, now): the agent no longer talks in this call. Answers 0 and changes nothing when
-- she did not, so that it can be said twice.
local call, id, till, now = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local agent = agentWith(id)
if not agent or not isTalkingIn(agent, call) then return answer(0) end

endTalking(agent, call, till, now)
tell()
return answer(1)
