-- setDevice(extension, device, now): sets what Asterisk says of the telephone of this extension; tells only when that is
-- news. Answers the agent, nothing when nobody has the extension.
local id = redis.call("HGET", EXTENSIONS, ARGV[4])
local agent = id and agentWith(id)
if not agent then return answer(false) end

if agent.device == ARGV[5] then return answer(cjson.encode(agent)) end
agent.device = ARGV[5]
agent.lostAt = agent.device == "unreachable" and tonumber(ARGV[6]) or nil
tell()
return answer(putAgent(agent))
