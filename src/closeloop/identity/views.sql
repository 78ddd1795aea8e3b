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
SELECT m.id, m.kind, m.survivor_id, m.loser_id, e.root_id, m.at, m.by, m.reason, m.message_id, m.undone_at, m.undone_by
FROM merges m JOIN entities e ON e.id = m.survivor_id;
