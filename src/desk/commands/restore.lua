-- restore(part): a process begins a session and puts back what it knows, in one step: Redis may have come back empty,
-- a second old, or as it was. `part` is JSON, `Part` of part.ts.
--
-- A process knows all of its own calls, so one in its name that it does not know is a ghost. Of an agent, whoever
-- changed her reservation or conversation last knows best (`rev`: nobody else changed it meanwhile), and what she
-- asked for last is what she gets (`wishedAt`); so it is with her queues and skills (`movedAt`). Other processes do the
-- same, before or after: the outcome is one.
local part = cjson.decode(ARGV[4])
redis.call("HSET", SESSIONS, OWNER, SESSION)
if part.peer then redis.call("HINCRBY", PEERS, OWNER, 1) end
local seconds = redis.call("TIME")[1]
for _, owner in ipairs(part.fenced) do redis.call("ZADD", FENCED, "NX", seconds, owner) end

-- The others have not left because Redis forgot them: each counts as alive until its beats are seen to have stopped.
for _, peer in ipairs(part.peers) do
  if not redis.call("ZSCORE", FENCED, peer.owner) then
    redis.call("HSETNX", PEERS, peer.owner, peer.beats)
  end
end

local own = {}
for _, call in ipairs(part.calls) do own[call.id] = true end
local waits = {}
for _, entry in ipairs(part.waiting) do waits[entry.call] = true end
for _, id in ipairs(redis.call("HKEYS", CALLS)) do
  if not own[id] and ownerOf(id) == OWNER then dropCall(id) end
end
for _, text in ipairs(redis.call("HVALS", WAITING)) do
  local entry = cjson.decode(text)
  if entry.owner == OWNER and not waits[entry.call] then redis.call("HDEL", WAITING, entry.call) end
end
for _, call in ipairs(part.calls) do
  if (ownerOf(call.id) or OWNER) == OWNER then
    redis.call("HSET", CALLS, call.id, OWNER .. "\n" .. call.state)
    if call.number then putCallback(call.id, call.number) end
  end
end
for _, entry in ipairs(part.waiting) do
  if (ownerOf(entry.call) or OWNER) == OWNER then putEntry(entry) end
end

for _, place in ipairs(part.places) do
  if redis.call("HEXISTS", PLACES, place.key) == 0 then
    putPlace(place.key, place.place, place["until"])
  end
end

-- Of a queue counts what was said last.
for _, mine in ipairs(part.closings) do
  local theirs = read(CLOSINGS, mine.queue)
  if not theirs or theirs.at < mine.at then
    redis.call("HSET", CLOSINGS, mine.queue, cjson.encode(mine))
  end
end

-- What `from` asked for last is done to `onto`, as `setPresence` would.
local function wish(onto, from)
  local isPending = from.later ~= cjson.null
  local presence = isPending and from.later or from.presence
  local works = onto.presence.is == "after_call"
  onto.wishedAt = from.wishedAt
  if presence.is == "available" then onto.unanswered = 0 end
  -- Nobody asks for after-call work, but it may have been extended.
  if from.presence.is == "after_call" and works and onto.presence.call == from.presence.call then
    onto.presence = from.presence
  end
  if presence.is == "after_call" then return end
  if presence.is ~= "available" and (onto.activity.is == "talking" or (isPending and works)) then
    onto.later = presence
  else
    onto.presence = presence
    onto.later = cjson.null
    onto.idleSince = math.max(onto.idleSince, from.idleSince)
  end
end

local function callOf(agent)
  if agent.activity.is == "talking" then return agent.activity.call end
  return agent.reservation.is == "offered" and agent.reservation.call
end

for _, mine in ipairs(part.agents) do
  local theirs = agentWith(mine.id)
  local agent = mine
  if theirs then
    -- With a call in this process's name that it does not know of: a command that was given up ran after all.
    local ghost = theirs.by == OWNER and callOf(theirs) and callOf(theirs) ~= callOf(mine)
    if ghost then mine.rev = math.max(mine.rev, (theirs.rev or 0) + 1) end
    local newer = mine.rev > (theirs.rev or 0)
    agent = newer and mine or theirs
    local other = newer and theirs or mine
    if (other.wishedAt or 0) > (agent.wishedAt or 0) then wish(agent, other) end
    if (other.movedAt or 0) > (agent.movedAt or 0) then
      agent.queues, agent.skills = other.queues, other.skills
      agent.mark, agent.movedAt = other.mark, other.movedAt
    end
    agent.device, agent.lostAt = mine.device, mine.lostAt
  end
  redis.call("HSETNX", EXTENSIONS, agent.extension, agent.id)
  if redis.call("HGET", EXTENSIONS, agent.extension) == agent.id then
    setDue(agent)
    putAgent(agent)
  end
end
if #part.calls + #part.waiting + #part.agents > 0 then tell() end
return answer(1)
