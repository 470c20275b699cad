-- Stands between the prelude and every verb but `restore`, which begins a session. Redis has lost what it knew, all of
-- it or the last second, when it does not know the session; and a command of an earlier session, which lay in a
-- connection that was given up, must not run behind the back of a process that has gone on without it.
local known = redis.call("HGET", SESSIONS, OWNER)
if known ~= SESSION then
  return redis.error_reply((known and "LATE" or "LOST") .. " the session of " .. OWNER .. " is another one")
end
