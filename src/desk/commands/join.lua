-- join(call, entry, place, now): the call waits, offered to nobody. A call that waits already is moved: whoever it was
-- offered to is freed in the same step, so that no agent stays reserved for a place that is gone. A place that is kept
-- under the name `place` (empty: none is looked for) is used up, and if it was not over by `now` its time of entry
-- counts: then the answer is that time.
local call, text, place, now = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
takeOut(call)
local since = ""
local kept = place ~= "" and redis.call("HGET", PLACES, place)
if kept then
  dropPlace(place)
  local entry = cjson.decode(text)
  local entered, till = string.match(kept, "^(%S+) (%S+)$")
  if tonumber(till) > now and tonumber(entered) < entry.enteredAt then
    since = entered
    entry.enteredAt = tonumber(entered)
    text = cjson.encode(entry)
  end
end
redis.call("HSET", WAITING, call, text)
tell()
return answer(since)
