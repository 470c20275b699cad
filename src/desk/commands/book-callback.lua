-- bookCallback(call, owner, state, number, by): keeps the call that is to call this number back, unless a live one other
-- than `by` does so already. Answers the call that does.
local call, owner, state, number, by = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local other = redis.call("HGET", CALLBACKS, number)
if other and other ~= by and ownerOf(other) then return answer(other) end
redis.call("HSET", CALLS, call, owner .. "\n" .. state)
putCallback(call, number)
return answer(call)
