-- What others may read of the lifecycle. People are resolved: person_id is the root everywhere.
CREATE VIEW v_people AS
SELECT e.id AS person_id, e.created_at,
  (SELECT w.given FROM winners w WHERE w.entity_id = e.id AND w.field = 'name' AND w.value <> '""') AS name,
  (SELECT w.given FROM winners w WHERE w.entity_id = e.id AND w.field = 'email' AND w.value <> '""') AS email,
  (SELECT c.given FROM winners w JOIN entities a ON a.id = REPLACE(w.value, '"', '')
   JOIN winners c ON c.entity_id = a.root_id AND c.field = 'company' AND c.value <> '""'
   WHERE w.entity_id = e.id AND w.field = 'account') AS company,
  (SELECT w.given FROM winners w WHERE w.entity_id = e.id AND w.field = 'title' AND w.value <> '""') AS title,
  (SELECT w.value FROM winners w WHERE w.entity_id = e.id AND w.field = 'country' AND w.value <> '""') AS country,
  COALESCE(t.tier, 'name') AS tier, COALESCE(t.custody, 'marketing') AS custody, t.since
FROM entities e LEFT JOIN tiers t ON t.person_id = e.id
WHERE e.kind = 'person' AND e.root_id = e.id;

CREATE VIEW v_leads AS
SELECT l.id, e.root_id AS person_id, l.person_id AS entity_id, l.product, l.region, l.cycle, l.stage, l.status, l.owner,
  l.previous_owners, l.campaign, l.touch_id, l.created_at, l.stage_at, l.assigned_at, l.respond_by, l.responded_at,
  l.reason, l.amount_minor, l.currency, l.closed_at, l.counts, l.n_events
FROM leads l JOIN entities e ON e.id = l.person_id;

CREATE VIEW v_lead_events AS
SELECT v.lead_id, v.no, v.at, v.kind, v.stage, v.owner, v.choice, v.cycle, v.who, v.why, v.message_id,
  e.root_id AS person_id, l.product, l.region
FROM lead_events v JOIN leads l ON l.id = v.lead_id JOIN entities e ON e.id = l.person_id;

-- One row for each time a person came in as a lead: cycle 1, and one more for each return.
CREATE VIEW v_entries AS
SELECT l.id AS lead_id, c.cycle, e.root_id AS person_id, l.product, l.region, c.entered_at, c.responded_at, c.won_at,
  c.sent_back_at,
  CASE WHEN c.cycle = l.cycle THEN l.campaign ELSE
    (SELECT t.campaign FROM touches t JOIN lead_events v ON v.message_id = t.id
     WHERE v.lead_id = l.id AND v.cycle = c.cycle AND v.kind IN ('created', 'returned')) END AS campaign,
  CASE WHEN c.cycle = l.cycle THEN l.touch_id ELSE
    (SELECT v.message_id FROM lead_events v
     WHERE v.lead_id = l.id AND v.cycle = c.cycle AND v.kind IN ('created', 'returned')) END AS touch_id,
  CASE WHEN c.cycle = l.cycle THEN l.amount_minor END AS amount_minor,
  CASE WHEN c.cycle = l.cycle THEN l.currency END AS currency,
  CASE WHEN c.cycle = l.cycle THEN l.status ELSE 'sent_back' END AS status,
  CASE WHEN c.won_at IS NOT NULL THEN c.won_at WHEN c.sent_back_at IS NOT NULL THEN c.sent_back_at
    WHEN c.cycle = l.cycle THEN l.closed_at END AS ended_at
FROM leads l
JOIN entities e ON e.id = l.person_id
JOIN (SELECT lead_id, cycle, MIN(at) AS entered_at,
        MIN(CASE WHEN kind IN ('responded', 'outcome') THEN at END) AS responded_at,
        MIN(CASE WHEN kind = 'won' THEN at END) AS won_at,
        MAX(CASE WHEN kind = 'sent_back' THEN at END) AS sent_back_at
      FROM lead_events GROUP BY lead_id, cycle) c ON c.lead_id = l.id;

-- One row for each time a lead was given to somebody, or woke from nurture with its owner, with what that owner did
-- before it was given away or woke again.
CREATE VIEW v_assignments AS
SELECT a.lead_id, a.no, a.at AS assigned_at, a.stage, a.owner, a.cycle, l.product, l.region, l.status, a.next_no,
  CASE WHEN a.next_no IS NULL THEN l.respond_by END AS respond_by,
  (SELECT MIN(r.at) FROM lead_events r WHERE r.lead_id = a.lead_id AND r.no > a.no AND r.kind IN ('responded', 'outcome')
     AND (a.next_no IS NULL OR r.no < a.next_no)) AS responded_at,
  (SELECT MIN(r.at) FROM lead_events r WHERE r.lead_id = a.lead_id AND r.no > a.no AND r.kind = 'late'
     AND (a.next_no IS NULL OR r.no < a.next_no)) AS late_at
FROM (SELECT v.lead_id, v.no, v.at, v.stage, v.owner, v.cycle,
        (SELECT MIN(x.no) FROM lead_events x WHERE x.lead_id = v.lead_id AND x.no > v.no
           AND x.kind IN ('assigned', 'woken')) AS next_no
      FROM lead_events v WHERE v.kind IN ('assigned', 'woken') AND v.owner IS NOT NULL) a
JOIN leads l ON l.id = a.lead_id;

-- What is believed of each resolved entity now, with its account's values beside a person's. One of '""' was cleared.
CREATE VIEW v_believed AS
SELECT w.entity_id, e.kind AS of_kind, w.entity_id AS of_id, w.field, w.value, w.given, w.valid, w.path, w.at, w.message_id, w.why
FROM winners w JOIN entities e ON e.id = w.entity_id
UNION ALL
SELECT p.entity_id, a.kind, a.root_id, w.field, w.value, w.given, w.valid, w.path, w.at, w.message_id, w.why
FROM winners p JOIN entities a ON a.id = REPLACE(p.value, '"', '') JOIN winners w ON w.entity_id = a.root_id
WHERE p.field = 'account';

CREATE VIEW v_score_sums AS
SELECT e.root_id AS person_id, s.product, s.line, s.points, s.at, s.n FROM sums s JOIN entities e ON e.id = s.person_id;

CREATE VIEW v_clocks AS
SELECT lead_id, clock, due_at FROM clocks;

CREATE VIEW v_packets AS
SELECT lead_id, cycle, at, content FROM packets;

CREATE VIEW v_verdicts AS
SELECT person_id, product, at, passed, why, process, message_id FROM verdicts;

CREATE VIEW v_shown AS
SELECT lead_id, object, record_id, our_key FROM shown;

-- What somebody should look at. Whether a clock is late or only soon is for the reader, who has the time.
CREATE VIEW v_attention AS
SELECT 'clock' AS kind, l.id AS subject, e.root_id AS person_id, l.stage AS what, l.owner AS who, l.respond_by AS at
FROM leads l JOIN entities e ON e.id = l.person_id
WHERE l.status = 'open' AND l.responded_at IS NULL AND l.respond_by IS NOT NULL
UNION ALL
SELECT 'unowned', l.id, e.root_id, l.stage, NULL, l.stage_at
FROM leads l JOIN entities e ON e.id = l.person_id
WHERE l.status = 'open' AND l.owner IS NULL;
