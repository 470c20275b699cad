-- adjust(call, priority, widened): a waiting call has another priority, and asks less of agents when `widened` is 1. Its
-- place among its equals and the offer under way stay. Answers 0 when it does not wait.
local entry = entryOf(ARGV[4])
if not entry then return answer(0) end

entry.priority = tonumber(ARGV[5])
if ARGV[6] == "1" then entry.widened = true end
putEntry(entry)
tell()
return answer(1)
