-- leave(call): the call waits no more, and the agent it was offered to is free in the same step. Answers whether it
-- waited.
if not takeOut(ARGV[4]) then return answer(0) end
tell()
return answer(1)
