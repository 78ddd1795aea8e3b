-- What others may read of the alerts: who was told of what about whom, by when it was agreed and when the mail was sent.
CREATE VIEW v_alerts AS
SELECT a.id, a.rule, e.root_id AS person_id, a.touch_id, a.member, a.at, a.due_at,
  CASE WHEN c.state = 'done' THEN c.answered_at END AS told_at, c.attempts, c.reason, a.text, a.why, a.process
FROM alerts a LEFT JOIN entities e ON e.id = a.person_id LEFT JOIN commands c ON c.key = 'alert:' || a.id;
