-- What others may read of the alerts: who was told of what about whom.
CREATE VIEW v_alerts AS
SELECT a.id, a.rule, e.root_id AS person_id, a.touch_id, a.member, a.at, a.text, a.why, a.process
FROM alerts a LEFT JOIN entities e ON e.id = a.person_id;
