-- Every value ever reported, under the root of the entity it was reported for. `wins` is 1 for the value believed now.
CREATE VIEW v_values AS
SELECT
  entities.root_id AS root_id,
  field_values.entity_id AS entity_id,
  entities.kind AS kind,
  field_values.field AS field,
  field_values.path AS path,
  field_values.value AS value,
  field_values.given AS given,
  field_values.valid AS valid,
  field_values.at AS at,
  field_values.message_id AS message_id,
  CASE WHEN winners.field IS NULL THEN 0 ELSE 1 END AS wins,
  winners.why AS why
FROM field_values
JOIN entities ON entities.id = field_values.entity_id
LEFT JOIN winners ON winners.entity_id = entities.root_id
  AND winners.field = field_values.field
  AND winners.path = field_values.path
  AND winners.at = field_values.at
  AND winners.value = field_values.value
  AND winners.message_id = field_values.message_id;

-- What was settled for each field, by root: the value that is believed now, or '""' for one that was cleared.
CREATE VIEW v_settled AS
SELECT
  winners.entity_id AS root_id,
  entities.kind AS kind,
  winners.field AS field,
  winners.value AS value,
  winners.given AS given,
  winners.valid AS valid,
  winners.path AS path,
  winners.at AS at,
  winners.message_id AS message_id,
  winners.why AS why
FROM winners
JOIN entities ON entities.id = winners.entity_id;

-- The value of each field that is believed now, by root. A field that was cleared has none.
CREATE VIEW v_winners AS
SELECT root_id, kind, field, value, given, valid, path, at, message_id, why FROM v_settled WHERE value <> '""';

-- Every value that somebody confirmed, under the root of the entity for which it was confirmed.
CREATE VIEW v_verifications AS
SELECT
  entities.root_id AS root_id,
  verifications.entity_id AS entity_id,
  entities.kind AS kind,
  verifications.field AS field,
  verifications.value AS value,
  verifications.at AS at,
  verifications."by" AS verified_by,
  verifications.evidence AS evidence
FROM verifications
JOIN entities ON entities.id = verifications.entity_id;
