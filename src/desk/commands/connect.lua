-- connect(call, agent, now): the reserved agent talks and the call leaves its queue, in one step. Answers 0 and
-- changes nothing when she is not reserved for this call: then somebody ended the offer before the answer came.
local call, id, now = ARGV[3], ARGV[4], tonumber(ARGV[5])
local agent = agentWith(id)
if not agent or not isOffered(agent, call) then return answer(0) end

setReservation(agent, NONE)
agent.activity = { is = "talking", call = call, since = now }
putAgent(agent)
local entry = entryOf(call)
if entry and entry.offeredTo == id then redis.call("HDEL", WAITING, call) end
tell()
return answer(1)
