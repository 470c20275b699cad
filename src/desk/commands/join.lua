-- join(call, entry): the call waits, offered to nobody. A call that waits already is moved: whoever it was offered to
-- is freed in the same step, so that no agent stays reserved for a place that is gone.
takeOut(ARGV[4])
redis.call("HSET", WAITING, ARGV[4], ARGV[5])
tell()
return answer(1)
