-- connect(call, agent, now): the reserved agent talks and the call leaves its queue, in one step. Answers 0 and
-- changes nothing when she is not reserved for this call: then somebody ended the offer before the answer came. Who
-- asks twice, because the first answer was lost, is told 1 again. Others whom it was offered to have lost it: they stay
-- reserved, since their phones ring still, until they are released.
local call, id, now = ARGV[4], ARGV[5], tonumber(ARGV[6])
local agent = agentWith(id)
if agent and isTalkingIn(agent, call) then return answer(1) end
if not agent or not isOffered(agent, call) or agent.reservation.lost then return answer(0) end

setReservation(agent, NONE)
agent.by = OWNER
agent.unanswered = 0
agent.activity = { is = "talking", call = call, since = now }
local entry = entryOf(call)
if entry and withdraw(entry, id) then
  agent.activity.queue = entry.queue
  for _, other in ipairs(offeredIn(entry)) do
    local loser = agentWith(other)
    if loser and isOffered(loser, call) then
      loser.reservation.lost = true
      setReservation(loser, loser.reservation)
      putAgent(loser)
    end
  end
  redis.call("HDEL", WAITING, call)
end
putAgent(agent)
tell()
return answer(1)
