-- removeCall(call): nothing of the call is left: not its state, not its place, no agent reserved for it or talking in
-- it. Says nothing when only its state was there.
local call = ARGV[4]
dropCall(call)
if takeOut(call) then tell() end

for _, text in ipairs(redis.call("HVALS", AGENTS)) do
  -- Only agents whose record names the call at all are worth decoding.
  if string.find(text, call, 1, true) then
    local agent = cjson.decode(text)
    if isOffered(agent, call) then
      unreserve(agent)
      tell()
    elseif isTalkingIn(agent, call) then
      -- Nobody said when the call ended; its start is the last moment known of it.
      endTalking(agent, call, 0, agent.activity.since)
      tell()
    end
  end
end
return answer(1)
