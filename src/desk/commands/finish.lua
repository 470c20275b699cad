-- finish(call, agent, wrapUpUntil, now): the agent no longer talks in this call. Answers 0 and changes nothing when
-- she did not, so that it can be said twice.
local call, id, till, now = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local agent = agentWith(id)
if not agent or not isTalkingIn(agent, call) then return answer(0) end

-- A conversation that came from a queue, and the after-call work that follows, count towards how long such calls take.
-- `afterHandling` of estimate.ts is the same; whole numbers only, for cjson rounds others.
local queue = agent.activity.queue
if queue then
  local tally = tallyOf(agent)
  tally.handled = tally.handled or {}
  local before = tally.handled[queue] or { calls = 0, ms = 0 }
  local calls = before.calls + 1
  local took = math.max(0, math.max(now, till) - agent.activity.since)
  local ms = before.ms + math.floor((took - before.ms) / math.min(calls, 10))
  tally.handled[queue] = { calls = calls, ms = ms }
end
endTalking(agent, call, till, now)
tell()
return answer(1)
