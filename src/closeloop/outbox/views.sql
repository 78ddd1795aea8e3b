-- What others may read of the outbox: every command under the resolved person, and how the commands stand.
CREATE VIEW v_commands AS
SELECT c.key, c.source, c.verb, c.object, c.ref_object, c.ref_id, c.our_key, c.fields, c.refs, c.after,
  e.root_id AS person_id, c.lead_id, c.why, c.message_id, c.created_at, c.no, c.state, c.attempts, c.not_before,
  c.answer_id, c.reason, c.answered_at, c.verified, c.lane, c.plan_id
FROM commands c LEFT JOIN entities e ON e.id = c.person_id;

CREATE VIEW v_command_states AS
SELECT source, verb, state, COALESCE(reason, '') AS reason, COUNT(*) AS n, MIN(created_at) AS since,
  MAX(answered_at) AS last_at, MAX(key) AS example_key
FROM commands
GROUP BY source, verb, state, COALESCE(reason, '');

CREATE VIEW v_sending AS
SELECT source, mode, window_from, n_calls, n_reads, n_sent, calls_allowed, asked_at, failures, closed_until, why, sent_at, pace
FROM sending;

-- What is still to be sent, by lane; a lease without an end was answered and waits to be decided.
CREATE VIEW v_lanes AS
SELECT source, lane, COUNT(*) AS n, MIN(created_at) AS since
FROM commands
WHERE state = 'waiting' OR (state = 'leased' AND leased_until IS NOT NULL)
GROUP BY source, lane;

-- What was refused or put off, and why.
CREATE VIEW v_refusals AS
SELECT source, state, verb, object, COALESCE(reason, '') AS reason, COUNT(*) AS n, MIN(answered_at) AS since,
  MAX(answered_at) AS last_at, MIN(key) AS example_key
FROM commands
WHERE state = 'dead' OR (state = 'waiting' AND reason IS NOT NULL)
GROUP BY source, state, verb, object, COALESCE(reason, '');

-- Plans, and full compares as they ended.
CREATE VIEW v_plans AS
SELECT id, made_at, signed, sources, state, content, approved_at, approved_by, applied_at FROM plans;

CREATE VIEW v_compares AS
SELECT id, source, object, why, began_at, ended_at, n_there, n_here, n_unknown, n_gone, n_changed FROM compares;

-- What each record outside is known to hold, as JSON; `_state` beside its fields says whether it lives.
CREATE VIEW v_shadows AS
SELECT source, object, record_id, fields FROM shadows;

-- What each system said last of the fields that may be written there, as JSON by name.
CREATE VIEW v_shapes AS
SELECT source, object, fields, told_at FROM shapes;
