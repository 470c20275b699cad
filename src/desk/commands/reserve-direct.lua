-- reserveDirect(call, agent, until): the agent is reserved for a call that asked for her by name. She need not be
-- available, and a rest does not protect her from a direct call; her telephone must be free and no other call with
-- her or on its way.
local call, id, till = ARGV[4], ARGV[5], tonumber(ARGV[6])
local agent = agentWith(id)
local callable = agent
  and agent.reservation.is ~= "offered"
  and agent.activity.is == "none"
  and agent.device == "idle"
if not callable then return answer("agent_gone") end

agent.by = OWNER
setReservation(agent, { is = "offered", call = call, ["until"] = till })
putAgent(agent)
tell()
return answer("reserved")
