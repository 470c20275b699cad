-- snapshot(): every waiting call and every agent at one moment, as two texts that are JSON lists. Changes nothing.
local function list(key)
  return "[" .. table.concat(redis.call("HVALS", key), ",") .. "]"
end
return answer({ list(WAITING), list(AGENTS) })
