/**
 * The schema, as the steps that lead to it. A step that was released is never edited and never taken out: a database
 * is brought forward by the steps it has not had yet (`PRAGMA user_version` counts them), and never back.
 *
 * There are no foreign keys between calls and what belongs to them: events and lines of a call may be written before
 * the first state of it is. Tables are not STRICT, so that a time with a fraction of a millisecond is kept, not refused.
 */
export const migrations: readonly string[] = [
  `
  -- One row a call. What is searched for is computed from the state, so that the two cannot differ.
  CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (json_valid(state)),
    started_at INTEGER GENERATED ALWAYS AS (state ->> '$.startedAt') VIRTUAL,
    queue TEXT GENERATED ALWAYS AS (state ->> '$.queue') VIRTUAL,
    agent TEXT GENERATED ALWAYS AS (state ->> '$.agent') VIRTUAL,
    caller TEXT GENERATED ALWAYS AS (state ->> '$.caller') VIRTUAL,
    result TEXT GENERATED ALWAYS AS (state ->> '$.ending.result') VIRTUAL
  );
  CREATE INDEX calls_by_start ON calls (started_at DESC, id DESC);
  CREATE INDEX calls_by_queue ON calls (queue, started_at DESC, id DESC);
  CREATE INDEX calls_by_agent ON calls (agent, started_at DESC, id DESC);
  CREATE INDEX calls_by_caller ON calls (caller, started_at DESC, id DESC);
  CREATE INDEX calls_by_result ON calls (result, started_at DESC, id DESC);

  CREATE TABLE call_events (
    call TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    event TEXT NOT NULL CHECK (json_valid(event)),
    PRIMARY KEY (call, seq)
  ) WITHOUT ROWID;

  CREATE TABLE transcript_lines (
    call TEXT NOT NULL,
    seq INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    content TEXT NOT NULL,
    language TEXT,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (call, seq)
  ) WITHOUT ROWID;

  CREATE TABLE tickets (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    department TEXT,
    assignee TEXT,
    customer_name TEXT NOT NULL,
    customer_phone TEXT NOT NULL,
    call TEXT,
    source TEXT NOT NULL,
    notes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notes)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (day, number)
  );
  CREATE INDEX tickets_by_creation ON tickets (created_at DESC, number DESC);
  CREATE UNIQUE INDEX tickets_by_call ON tickets (call, source) WHERE call IS NOT NULL;

  CREATE TABLE customers (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    phone TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );

  CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    extension TEXT NOT NULL,
    queues TEXT NOT NULL CHECK (json_valid(queues))
  );

  CREATE TABLE users (
    username TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    agent TEXT,
    created_at INTEGER NOT NULL
  );

  CREATE TABLE recordings (
    name TEXT PRIMARY KEY,
    call TEXT NOT NULL,
    kind TEXT NOT NULL,
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    at INTEGER NOT NULL
  );
  CREATE INDEX recordings_by_call ON recordings (call, at DESC);
  `,
  `
  -- Whoever says a line names it, so that it can be kept twice; lines from before are named by their number.
  ALTER TABLE transcript_lines ADD COLUMN key TEXT NOT NULL DEFAULT '';
  UPDATE transcript_lines SET key = 'old/' || seq;
  CREATE UNIQUE INDEX transcript_lines_by_key ON transcript_lines (call, key);
  `,
  `
  CREATE TABLE wrap_ups (
    call TEXT NOT NULL,
    agent TEXT NOT NULL,
    code TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (call, agent)
  ) WITHOUT ROWID;
  `,
  `
  -- A ticket for a message names its recording.
  ALTER TABLE tickets ADD COLUMN recording TEXT;
  UPDATE tickets SET recording =
    (SELECT name FROM recordings WHERE recordings.call = tickets.call AND kind = 'voicemail')
    WHERE source = 'voicemail';
  `,
  `
  CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL CHECK (json_valid(events)),
    secret TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    webhook TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    status INTEGER,
    fault TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    tried_at INTEGER
  );
  CREATE INDEX deliveries_by_webhook ON deliveries (webhook, created_at DESC, id DESC);
  CREATE INDEX deliveries_by_state ON deliveries (state, created_at DESC, id DESC);
  `,
  `
  -- Users are changed over the API; whoever signs in has a session; programs have keys; what is done is on record.
  ALTER TABLE users ADD COLUMN email TEXT;
  ALTER TABLE users ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE users ADD COLUMN plan_mark TEXT;
  ALTER TABLE users ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE users ADD COLUMN failed_at INTEGER;

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    refresh_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_why TEXT
  );
  CREATE INDEX sessions_by_user ON sessions (username);
  CREATE INDEX sessions_by_end ON sessions (expires_at);

  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL CHECK (json_valid(scopes)),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
  );

  CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail))
  ) WITHOUT ROWID;
  CREATE INDEX audit_by_time ON audit (at DESC, id DESC);
  CREATE INDEX audit_by_who ON audit (by, at DESC, id DESC);
  CREATE INDEX audit_by_object ON audit (object, at DESC, id DESC);
  CREATE INDEX audit_by_action ON audit (action, at DESC, id DESC);
  -- Not even a fault of ours changes what was recorded.
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit trail is append only'); END;
  CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit trail is append only'); END;
  `,
  `
  -- Tickets are due, tagged, and about several calls; what changed on them is on record from here on.
  ALTER TABLE tickets ADD COLUMN due_at INTEGER;
  ALTER TABLE tickets ADD COLUMN resolved_at INTEGER;
  ALTER TABLE tickets ADD COLUMN closed_at INTEGER;
  -- What lists are sorted by; a ticket that is never due stands behind all that are.
  ALTER TABLE tickets ADD COLUMN due_order INTEGER
    GENERATED ALWAYS AS (coalesce(due_at, 9007199254740991)) VIRTUAL;
  ALTER TABLE tickets ADD COLUMN priority_order INTEGER
    GENERATED ALWAYS AS (CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 ELSE 3 END) VIRTUAL;
  CREATE INDEX tickets_by_change ON tickets (updated_at, created_at, number);
  CREATE INDEX tickets_by_due_time ON tickets (due_order, created_at, number);
  CREATE INDEX tickets_by_priority ON tickets (priority_order, created_at, number);
  CREATE INDEX tickets_by_assignee ON tickets (assignee, created_at, number);
  CREATE INDEX tickets_by_customer ON tickets (customer_phone, created_at, number);

  CREATE TABLE ticket_tags (
    ticket TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (ticket, tag)
  ) WITHOUT ROWID;
  CREATE INDEX tickets_by_tag ON ticket_tags (tag, ticket);

  CREATE TABLE ticket_calls (
    ticket TEXT NOT NULL,
    call TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (ticket, call)
  ) WITHOUT ROWID;
  CREATE INDEX tickets_by_linked_call ON ticket_calls (call, ticket);

  CREATE TABLE ticket_activity (
    ticket TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    field TEXT NOT NULL,
    before TEXT NOT NULL CHECK (json_valid(before)),
    after TEXT NOT NULL CHECK (json_valid(after)),
    PRIMARY KEY (ticket, seq)
  ) WITHOUT ROWID;
  `,
  `
  -- Recordings are found by queue and agent; an entry stays when its audio is deleted.
  ALTER TABLE recordings ADD COLUMN queue TEXT;
  ALTER TABLE recordings ADD COLUMN deleted_at INTEGER;
  ALTER TABLE recordings ADD COLUMN deleted_by TEXT;
  CREATE INDEX recordings_by_time ON recordings (at DESC, name DESC);
  CREATE INDEX recordings_by_queue ON recordings (queue, at DESC, name DESC);

  CREATE TABLE recording_agents (
    recording TEXT NOT NULL,
    agent TEXT NOT NULL,
    PRIMARY KEY (recording, agent)
  ) WITHOUT ROWID;
  CREATE INDEX recordings_by_agent ON recording_agents (agent, recording);

  UPDATE recordings SET queue = (SELECT queue FROM calls WHERE id = recordings.call);
  INSERT OR IGNORE INTO recording_agents (recording, agent)
    SELECT name, event ->> '$.agent' FROM recordings JOIN call_events USING (call)
    WHERE type = 'connected';
  `,
  `
  -- A customer has one or several numbers. Who was merged or erased keeps her row, so that no other gets her id.
  CREATE TABLE customers_with_details (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_order TEXT NOT NULL,
    email TEXT,
    notes TEXT NOT NULL,
    tags TEXT NOT NULL CHECK (json_valid(tags)),
    fields TEXT NOT NULL CHECK (json_valid(fields)),
    legal_hold TEXT CHECK (json_valid(legal_hold)),
    version INTEGER NOT NULL,
    merged_into TEXT,
    erased_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  );
  INSERT INTO customers_with_details
    SELECT number, id, name, name_order(name), NULL, '', '[]', '{}', NULL, 1, NULL, NULL, created_at, created_at
    FROM customers;
  CREATE TABLE customer_phones (
    phone TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    place INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO customer_phones SELECT phone, id, 0 FROM customers;
  CREATE INDEX customer_phones_by_customer ON customer_phones (customer, place);
  DROP TABLE customers;
  ALTER TABLE customers_with_details RENAME TO customers;
  CREATE INDEX customers_by_name ON customers (name_order, number);
  CREATE INDEX customers_by_change ON customers (updated_at, number);
  `,
  `
  -- What people said is searched. A place is the time of a line in milliseconds, a thousand times over, and a number within
  -- the millisecond, so that the index gives lines newest first without sorting them; beyond a thousand they are
  -- numbered on at the end.
  CREATE TABLE transcript_places (
    id INTEGER PRIMARY KEY,
    call TEXT NOT NULL,
    seq INTEGER NOT NULL,
    UNIQUE (call, seq)
  );
  -- The words are those of domain/search.ts, with blanks between them: the ascii tokenizer takes whatever is not ASCII for
  -- letters, so it parts them at the blanks alone. The text itself is not kept twice.
  CREATE VIRTUAL TABLE transcript_words USING fts5 (
    words, speaker, language,
    content = '', contentless_delete = 1, detail = column, prefix = '2 3', tokenize = 'ascii'
  );

  INSERT INTO transcript_places (id, call, seq)
    SELECT place + max(earliest - place) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING), call, seq FROM (
      SELECT call, seq, CAST(at AS INTEGER) * 1000 AS earliest,
        row_number() OVER (ORDER BY CAST(at AS INTEGER), call, seq) AS place
      FROM transcript_lines
    );
  INSERT INTO transcript_words (rowid, words, speaker, language)
    SELECT id, kituo_words(content), speaker, language FROM transcript_places JOIN transcript_lines USING (call, seq);

  -- Whoever writes lines, the index follows in the same transaction.
  CREATE TRIGGER transcript_line_is_added AFTER INSERT ON transcript_lines BEGIN
    INSERT INTO transcript_places (id, call, seq) VALUES (
      CASE WHEN EXISTS (SELECT 1 FROM transcript_places WHERE id = CAST(new.at AS INTEGER) * 1000 + 999)
        THEN (SELECT max(id) + 1 FROM transcript_places)
        ELSE coalesce(
          (SELECT max(id) + 1 FROM transcript_places
            WHERE id BETWEEN CAST(new.at AS INTEGER) * 1000 AND CAST(new.at AS INTEGER) * 1000 + 999),
          CAST(new.at AS INTEGER) * 1000)
      END, new.call, new.seq);
    INSERT INTO transcript_words (rowid, words, speaker, language)
      SELECT id, kituo_words(new.content), new.speaker, new.language FROM transcript_places
      WHERE call = new.call AND seq = new.seq;
  END;
  CREATE TRIGGER transcript_line_is_changed AFTER UPDATE ON transcript_lines BEGIN
    UPDATE transcript_words SET words = kituo_words(new.content), speaker = new.speaker, language = new.language
      WHERE rowid = (SELECT id FROM transcript_places WHERE call = new.call AND seq = new.seq);
  END;
  CREATE TRIGGER transcript_line_is_removed AFTER DELETE ON transcript_lines BEGIN
    DELETE FROM transcript_words
      WHERE rowid = (SELECT id FROM transcript_places WHERE call = old.call AND seq = old.seq);
    DELETE FROM transcript_places WHERE call = old.call AND seq = old.seq;
  END;
  `,
];
