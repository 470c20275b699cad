-- reserve(call, agent, until, beside): of any number of callers that want this agent or this call, in any process,
-- exactly one gets "reserved"; for the others nothing is changed. Until the lease ends at `until`, nobody else can. With
-- `beside` (1) the call may be offered to others already: she is rung beside them.
local call, id, till, beside = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7] == "1"
local entry = entryOf(call)
if not entry or (entry.offeredTo ~= cjson.null and not beside) then return answer("call_gone") end

local agent = agentWith(id)
local routable = agent
  and agent.presence.is == "available"
  and agent.reservation.is == "none"
  and agent.activity.is == "none"
  and agent.device == "idle"
if not routable then return answer("agent_gone") end

agent.by = OWNER
tallyOf(agent).offeredAt[servedThrough(entry, agent) or entry.queue] = till
setReservation(agent, { is = "offered", call = call, ["until"] = till })
putAgent(agent)
if entry.offeredTo == cjson.null then
  entry.offeredTo = id
else
  entry.also = entry.also or {}
  table.insert(entry.also, id)
end
putEntry(entry)
tell()
return answer("reserved")
