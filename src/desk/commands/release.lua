-- release(call, agent, outcome, restUntil): the offer ended without an answer. The call waits on in its place and
-- remembers that this agent passed, unless the caller left; the agent rests, or is free at once (0). Answers 0 and
-- changes nothing when she was not reserved for this call, so that a late release never ends a newer reservation.
local call, id, outcome, restUntil = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local agent = agentWith(id)
if not agent or not isOffered(agent, call) then return answer(0) end

local entry = entryOf(call)
unreserve(agent)
if restUntil ~= 0 then
  setReservation(agent, { is = "resting", ["until"] = restUntil })
  putAgent(agent)
end

if entry and entry.offeredTo == id and outcome ~= "caller_left" then
  entry.offeredTo = cjson.null
  local passed = false
  for _, other in ipairs(entry.passedBy) do passed = passed or other == id end
  if not passed then table.insert(entry.passedBy, id) end
  putEntry(entry)
end
tell()
return answer(1)
