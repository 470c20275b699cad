-- enrol(now, agents): makes the agents known, to every process at once.
-- New agents are offline; known ones keep their state and get their extension, and their queues when the mark says that
-- what is brought has changed (`withEnrolment` of record.ts is the same). An agent whose extension is given to somebody
-- else and who gets none in the same step is forgotten: no call could reach her.
local now = tonumber(ARGV[4])
local enrolled = cjson.decode(ARGV[5])

for _, new in ipairs(enrolled) do
  local agent = agentWith(new.id)
  if agent then
    if redis.call("HGET", EXTENSIONS, agent.extension) == agent.id then
      redis.call("HDEL", EXTENSIONS, agent.extension)
    end
    agent.extension = new.extension
    if agent.mark ~= new.mark then
      agent.queues, agent.skills = new.queues, nil
      agent.mark, agent.movedAt = new.mark, now
    end
  else
    agent = {
      id = new.id,
      extension = new.extension,
      queues = new.queues,
      mark = new.mark,
      movedAt = now,
      presence = { is = "offline" },
      reservation = NONE,
      activity = NONE,
      device = "unreachable",
      later = cjson.null,
      idleSince = now,
      by = cjson.null,
      rev = 0,
      wishedAt = now,
      unanswered = 0,
    }
  end
  -- What is known of a phone may be old: who enrols has yet to ask Asterisk.
  if agent.device == "unreachable" then agent.lostAt = now end
  tallyOf(agent)
  putAgent(agent)
end

for _, new in ipairs(enrolled) do
  redis.call("HSET", EXTENSIONS, new.extension, new.id)
end

for _, text in ipairs(redis.call("HVALS", AGENTS)) do
  local agent = cjson.decode(text)
  if redis.call("HGET", EXTENSIONS, agent.extension) ~= agent.id then
    unreserve(agent)
    redis.call("HDEL", AGENTS, agent.id)
  end
end

tell()
return answer(1)
