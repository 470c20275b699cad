-- fence(owner): the process is no peer any more, and no verb of it is run again. Owners that were fenced more than a
-- day ago are swept out, so that the list does not grow with every start.
local owner = ARGV[4]
local now = tonumber(redis.call("TIME")[1])
redis.call("ZADD", FENCED, "NX", now, owner)
redis.call("ZREMRANGEBYSCORE", FENCED, "-inf", now - 86400)
redis.call("HDEL", SESSIONS, owner)
if redis.call("HDEL", PEERS, owner) == 1 then tell() end
return answer(1)
