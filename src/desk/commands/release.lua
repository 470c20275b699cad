-- release(call, agent, outcome, restUntil): the offer ended without an answer. The call waits on in its place and
-- remembers that this agent passed, unless the caller left; the agent rests, or is free at once (0). Answers 0 and
-- changes nothing when she was not reserved for this call, so that a late release never ends a newer reservation.
local call, id, outcome, restUntil = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local agent = agentWith(id)
if not agent or not isOffered(agent, call) then return answer(0) end

setReservation(agent, restUntil == 0 and NONE or { is = "resting", ["until"] = restUntil })
putAgent(agent)

local entry = entryOf(call)
if entry and withdraw(entry, id) then
  local passed = outcome == "caller_left"
  for _, other in ipairs(entry.passedBy) do passed = passed or other == id end
  if not passed then table.insert(entry.passedBy, id) end
  putEntry(entry)
end
tell()
return answer(1)
