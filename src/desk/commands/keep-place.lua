-- keepPlace(name, place, until, now): the place of a caller who was cut off is kept for when she dials again, in the
-- stead of an older one of hers. Places that were over by `now` are swept out. Who waits is no other for it, so nobody
-- is told.
for _, over in ipairs(redis.call("ZRANGEBYSCORE", PLACES_DUE, "-inf", ARGV[7])) do dropPlace(over) end
putPlace(ARGV[4], ARGV[5], tonumber(ARGV[6]))
return answer(1)
