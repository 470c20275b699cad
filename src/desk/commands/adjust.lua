-- adjust(call, priority, widened, alsoQueues): a waiting call has another priority, asks less of agents when `widened` is
-- 1, and may go to agents of further queues when `alsoQueues` is a JSON list of them (empty: nothing is said of that). Its
-- place among its equals and the offer under way stay. Answers 0 when it does not wait.
local entry = entryOf(ARGV[4])
if not entry then return answer(0) end

entry.priority = tonumber(ARGV[5])
if ARGV[6] == "1" then entry.widened = true end
if ARGV[7] ~= "" then entry.alsoQueues = cjson.decode(ARGV[7]) end
putEntry(entry)
tell()
return answer(1)
