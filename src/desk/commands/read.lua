-- read(what, field): one agent or live call, nothing when there is none; all of them when `field` is empty. Changes
-- nothing. It is a verb and no plain command so that a Redis that was emptied is not taken at its word.
local key = ARGV[4] == "agents" and AGENTS or CALLS
if ARGV[5] == "" then return answer(redis.call("HVALS", key)) end
return answer(redis.call("HGET", key, ARGV[5]))
