-- release(call, agent, outcome, restUntil, pauseAfter): the offer ended without an answer. The call waits on in its
-- place and remembers that this agent passed, unless the caller left; the agent rests, or is free at once (0). With the
-- `pauseAfter`th offer of a queue in a row that she did not answer (0: never), she is paused if she was available.
-- Answers 0 and changes nothing when she was not reserved for this call, so that a late release never ends a newer
-- reservation. `withUnanswered` of record.ts is the same.
local call, id, outcome = ARGV[4], ARGV[5], ARGV[6]
local restUntil, pauseAfter = tonumber(ARGV[7]), tonumber(ARGV[8])
local agent = agentWith(id)
if not agent or not isOffered(agent, call) then return answer(0) end

local became = "released"
local entry = entryOf(call)
if entry and withdraw(entry, id) then
  local passed = outcome == "caller_left"
  for _, other in ipairs(entry.passedBy) do passed = passed or other == id end
  if not passed then table.insert(entry.passedBy, id) end
  putEntry(entry)

  if outcome == "no_answer" or outcome == "declined" then
    agent.unanswered = (agent.unanswered or 0) + 1
    if pauseAfter > 0 and agent.unanswered >= pauseAfter and agent.presence.is == "available" then
      agent.presence = { is = "paused", reason = "not answering" }
      became = "paused"
    end
  end
end
setReservation(agent, restUntil == 0 and NONE or { is = "resting", ["until"] = restUntil })
putAgent(agent)
tell()
return answer(became)
