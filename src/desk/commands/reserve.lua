-- reserve(call, agent, until): of any number of callers that want this agent or this call, in any process, exactly
-- one gets "reserved"; for the others nothing is changed. Until the lease ends at `until`, nobody else can.
local call, id, till = ARGV[4], ARGV[5], tonumber(ARGV[6])
local entry = entryOf(call)
if not entry or entry.offeredTo ~= cjson.null then return answer("call_gone") end

local agent = agentWith(id)
local routable = agent
  and agent.presence.is == "available"
  and agent.reservation.is == "none"
  and agent.activity.is == "none"
  and agent.device == "idle"
if not routable then return answer("agent_gone") end

agent.by = OWNER
tallyOf(agent).offeredAt[entry.queue] = till
setReservation(agent, { is = "offered", call = call, ["until"] = till })
putAgent(agent)
entry.offeredTo = id
putEntry(entry)
tell()
return answer("reserved")
