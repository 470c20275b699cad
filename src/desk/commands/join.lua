-- join(call, entry, name, now): the call waits, offered to nobody. A call that waits already is moved: whoever it was
-- offered to is freed in the same step, so that no agent stays reserved for a place that is gone. A place that is kept
-- under `name` (empty: none is looked for) is used up, and if it was not over by `now` its time of entry counts, and what
-- was asked for her there: then the answer is that place.
local call, text, name, now = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
takeOut(call)
local counts = ""
local kept = name ~= "" and redis.call("HGET", PLACES, name)
if kept then
  dropPlace(name)
  local entry = cjson.decode(text)
  -- What an earlier version kept is no JSON, and no place.
  local known, place = pcall(cjson.decode, kept)
  if known and place["until"] > now and place.enteredAt < entry.enteredAt then
    counts = kept
    entry.enteredAt = place.enteredAt
    for what, asked in pairs(place.asked) do entry[what] = asked end
    text = cjson.encode(entry)
  end
end
redis.call("HSET", WAITING, call, text)
tell()
return answer(counts)
