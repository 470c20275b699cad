-- takeOver(call, from, to): the call, its place in a queue and the agent it is with change hands, in one step. Answers
-- the call as it stands, nothing when `from` does not hold it.
local call, from, to = ARGV[4], ARGV[5], ARGV[6]
if ownerOf(call) ~= from then return answer(false) end

local text = to .. string.sub(redis.call("HGET", CALLS, call), #from + 1)
redis.call("HSET", CALLS, call, text)
local entry = entryOf(call)
if entry then
  entry.owner = to
  putEntry(entry)
end
for _, record in ipairs(redis.call("HVALS", AGENTS)) do
  -- Only agents whose record names the call at all are worth decoding.
  if string.find(record, call, 1, true) then
    local agent = cjson.decode(record)
    if isOffered(agent, call) or isTalkingIn(agent, call) then
      agent.by = to
      putAgent(agent)
    end
  end
end
tell()
return answer(text)
