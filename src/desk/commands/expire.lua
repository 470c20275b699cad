-- expire(now): every reservation and rest that was due by `now` is ended, each by exactly one caller; their calls
-- wait on in their places. Answers a list of agent and call ("" for a rest), the longest due first.
local now = ARGV[4]
local ended = {}
for _, id in ipairs(redis.call("ZRANGEBYSCORE", DUE, "-inf", now)) do
  local agent = agentWith(id)
  table.insert(ended, id)
  table.insert(ended, agent.reservation.call or "")
  unreserve(agent)
  tell()
end
return answer(ended)
