-- holdLease(owner, until): this process counts as alive until then. Leases that ended more than an hour earlier are
-- swept out, so that the list does not grow with every start.
local owner, till = ARGV[3], tonumber(ARGV[4])
redis.call("ZADD", LEASES, till, owner)
redis.call("ZREMRANGEBYSCORE", LEASES, "-inf", "(" .. string.format("%.0f", till - 3600000))
return answer(1)
