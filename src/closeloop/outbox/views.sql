-- What others may read of the outbox: every command under the resolved person, and how the commands stand.
CREATE VIEW v_commands AS
SELECT c.key, c.source, c.verb, c.object, c.ref_object, c.ref_id, c.our_key, c.fields, c.refs, c.after,
  e.root_id AS person_id, c.lead_id, c.why, c.message_id, c.created_at, c.no, c.state, c.attempts, c.not_before,
  c.answer_id, c.reason, c.answered_at, c.verified
FROM commands c LEFT JOIN entities e ON e.id = c.person_id;

CREATE VIEW v_command_states AS
SELECT source, verb, state, COALESCE(reason, '') AS reason, COUNT(*) AS n, MIN(created_at) AS since,
  MAX(answered_at) AS last_at, MAX(key) AS example_key
FROM commands
GROUP BY source, verb, state, COALESCE(reason, '');
