-- What others may read of identity: strong keys, browsers and links, each under the resolved person (root).
CREATE VIEW v_entities AS
SELECT id AS entity_id, kind, root_id, created_at, message_id FROM entities;

CREATE VIEW v_keys AS
SELECT k.kind, k.value, k.entity_id, e.root_id, e.kind AS entity_kind, k.at, k.message_id
FROM keys k JOIN entities e ON e.id = k.entity_id;

CREATE VIEW v_visits AS
SELECT v.visitor, v.at, e.root_id AS person_id, v.message_id
FROM visits v JOIN entities e ON e.id = v.person_id;

CREATE VIEW v_links AS
SELECT
  m.id, m.kind, m.survivor_id, m.loser_id, e.root_id, m.at, m.by, m.reason, m.message_id, m.undone_at, m.undone_by,
  m.weight, m.evidence, m.pair_id, m.snapshot
FROM merges m JOIN entities e ON e.id = m.survivor_id;

-- Two that may be one, for a person to judge; left_root and right_root are who they are linked to now.
CREATE VIEW v_pairs AS
SELECT
  p.id, p.kind, p.left_id, p.right_id, l.root_id AS left_root, r.root_id AS right_root, p.weight, p.state, p.why,
  p.evidence, p.bundle, p.at, p.message_id, p.skipped_at, p.decided_at, p.decided_by
FROM pairs p LEFT JOIN entities l ON l.id = p.left_id LEFT JOIN entities r ON r.id = p.right_id;

CREATE VIEW v_pair_states AS
SELECT kind, state, COUNT(*) AS n FROM pairs GROUP BY kind, state;

-- What each person is compared by: `given` is JSON, field → [moment in µs, value as it came], of its own entity.
CREATE VIEW v_traits AS
SELECT t.entity_id, e.root_id, t.given, t.bundle, t.message_id FROM traits t JOIN entities e ON e.id = t.entity_id;

-- Digests of the keys of those who were erased: who has a key and the salt can ask whether it is among them.
CREATE VIEW v_tombstones AS
SELECT digest, salt, erased_at, erasure_id FROM tombstones;
