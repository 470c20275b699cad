-- retire(owner): the process is no peer any more; the others are told, and can take over what it holds.
if redis.call("HDEL", PEERS, ARGV[4]) == 1 then tell() end
return answer(1)
