-- setClosing(queue, closing): what is said of whether a queue is closed takes the place of what was said before. It stays
-- when the queue is opened again, so that a process that was away does not bring the closing back.
redis.call("HSET", CLOSINGS, ARGV[4], ARGV[5])
tell()
return answer(1)
