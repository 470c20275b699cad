-- saveCall(call, owner, state): keeps the call with the process that holds it. Answers 0 and keeps nothing when another
-- process holds it.
local call, owner, state = ARGV[4], ARGV[5], ARGV[6]
if (ownerOf(call) or owner) ~= owner then return answer(0) end
redis.call("HSET", CALLS, call, owner .. "\n" .. state)
return answer(1)
