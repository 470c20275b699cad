-- Stands before every verb. One Lua script runs alone in Redis, so each verb happens whole.
--
-- An agent is one JSON value (`AgentRecord` of record.ts), a waiting call another. Both hold empty lists that cjson
-- writes back as {}: the reader in TypeScript takes any object for an empty list.
local AGENTS, EXTENSIONS, WAITING, DUE, CALLS, PEERS, FENCED, SESSIONS, PLACES, PLACES_DUE, CLOSINGS,
  CALLBACKS = unpack(KEYS)
local CHANNEL, OWNER, SESSION = ARGV[1], ARGV[2], ARGV[3]
local NONE = { is = "none" }
local changed = 0

-- A process whose place was taken does nothing any more, however late its commands arrive.
if redis.call("ZSCORE", FENCED, OWNER) then
  return redis.error_reply("FENCED another process has taken the place of " .. OWNER)
end

-- Tells every process that waiting calls or agents changed, once per verb; the sender knows from the answer.
local function tell()
  if changed == 0 then
    changed = 1
    redis.call("PUBLISH", CHANNEL, OWNER)
  end
end

-- A verb's answer: whether it changed something to tell, and its value.
local function answer(value)
  return { changed, value }
end

local function read(key, field)
  local text = redis.call("HGET", key, field)
  return text and cjson.decode(text)
end

local function agentWith(id)
  return read(AGENTS, id)
end

-- What has come to her; an agent whom an earlier version put here has nothing yet.
local function tallyOf(agent)
  agent.tally = agent.tally or { calls = 0, talkMs = 0, offeredAt = {} }
  return agent.tally
end

local function putAgent(agent)
  local text = cjson.encode(agent)
  redis.call("HSET", AGENTS, agent.id, text)
  return text
end

local function entryOf(call)
  return read(WAITING, call)
end

local function putEntry(entry)
  redis.call("HSET", WAITING, entry.call, cjson.encode(entry))
end

-- A live call is kept as its owner, a line break, and its state, which no script ever looks into.
local function ownerOf(call)
  local text = redis.call("HGET", CALLS, call)
  return text and string.match(text, "^[^\n]*")
end

-- Who is called back by which call: both by number and by call, so that either is found.
local function putCallback(call, number)
  redis.call("HSET", CALLBACKS, number, call, call, number)
end

-- Forgets a live call's state, and whom it was to call back.
local function dropCall(call)
  redis.call("HDEL", CALLS, call)
  local number = redis.call("HGET", CALLBACKS, call)
  if not number then return end
  if redis.call("HGET", CALLBACKS, number) == call then redis.call("HDEL", CALLBACKS, number) end
  redis.call("HDEL", CALLBACKS, call)
end

local function isOffered(agent, call)
  return agent.reservation.is == "offered" and agent.reservation.call == call
end

local function isTalkingIn(agent, call)
  return agent.activity.is == "talking" and agent.activity.call == call
end

-- The moment at which `expire` looks at her follows from her reservation.
local function setDue(agent)
  if agent.reservation.is == "none" then
    redis.call("ZREM", DUE, agent.id)
  else
    redis.call("ZADD", DUE, agent.reservation["until"], agent.id)
  end
end

-- Sets the agent's reservation. The caller puts the agent.
local function setReservation(agent, reservation)
  agent.reservation = reservation
  agent.rev = (agent.rev or 0) + 1
  setDue(agent)
end

-- The first of a waiting call's queues that an agent serves: its own, or one that was added. `servedThrough` of queue.ts
-- is the same.
local function servedThrough(entry, agent)
  for _, queue in ipairs({ entry.queue, unpack(entry.alsoQueues or {}) }) do
    for _, served in ipairs(agent.queues) do
      if served == queue then return queue end
    end
  end
end

-- Every agent whom a waiting call is offered to.
local function offeredIn(entry)
  if entry.offeredTo == cjson.null then return {} end
  return { entry.offeredTo, unpack(entry.also or {}) }
end

-- Takes an agent off those whom a waiting call is offered to. False when she was none of them. The caller puts the entry.
local function withdraw(entry, id)
  local to, found = {}, false
  for _, other in ipairs(offeredIn(entry)) do
    if other == id then found = true else table.insert(to, other) end
  end
  entry.offeredTo = table.remove(to, 1) or cjson.null
  entry.also = #to > 0 and to or nil
  return found
end

-- Ends an agent's reservation or rest; a call that was offered to her waits on.
local function unreserve(agent)
  if agent.reservation.is == "offered" then
    local entry = entryOf(agent.reservation.call)
    if entry and withdraw(entry, agent.id) then putEntry(entry) end
  end
  setReservation(agent, NONE)
  putAgent(agent)
end

-- Takes a call out of its queue and frees the agents it is offered to. False when it did not wait.
local function takeOut(call)
  local entry = entryOf(call)
  if not entry then return false end
  for _, id in ipairs(offeredIn(entry)) do
    local agent = agentWith(id)
    if agent then unreserve(agent) end
  end
  redis.call("HDEL", WAITING, call)
  return true
end

-- Keeps a caller's place, `KeptPlace` as JSON, until `till`.
local function putPlace(key, place, till)
  redis.call("HSET", PLACES, key, place)
  redis.call("ZADD", PLACES_DUE, till, key)
end

local function dropPlace(key)
  redis.call("HDEL", PLACES, key)
  redis.call("ZREM", PLACES_DUE, key)
end

-- The agent gets the presence that she has asked for meanwhile, else this one. `asAskedFor` of record.ts is the same.
local function become(agent, presence)
  agent.presence = agent.later ~= cjson.null and agent.later or presence
  agent.later = cjson.null
end

-- The agent's conversation ended: after-call work until `till` (0: none), then what she asked for meanwhile; who was away
-- or on a break is so again after it. A direct call, which no queue has given her, counts for nothing in her tally.
-- `afterTalking` of record.ts is the same.
local function endTalking(agent, call, till, idleSince)
  if agent.activity.queue then
    local tally = tallyOf(agent)
    tally.calls = tally.calls + 1
    tally.talkMs = tally.talkMs + math.max(0, idleSince - agent.activity.since)
  end
  agent.activity = NONE
  agent.rev = (agent.rev or 0) + 1
  agent.idleSince = idleSince
  local was = agent.presence
  if till ~= 0 then
    if agent.later == cjson.null and (was.is == "offline" or was.is == "paused") then agent.later = was end
    agent.presence = { is = "after_call", ["until"] = till, call = call }
  elseif was.is ~= "after_call" then
    become(agent, was)
  end
  putAgent(agent)
end
