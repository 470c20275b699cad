-- beat(owner): one more sign of life. The first one is told, so that all know of each other soon. Answers 0 when the
-- owner was fenced.
local owner = ARGV[4]
if redis.call("ZSCORE", FENCED, owner) then return answer(0) end
if redis.call("HINCRBY", PEERS, owner, 1) == 1 then tell() end
return answer(1)
