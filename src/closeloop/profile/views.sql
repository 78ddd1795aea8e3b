-- Every act of every person known, and of sellers towards them, under the root of the person.
CREATE VIEW v_timeline AS
SELECT
  entities.root_id AS root_id,
  touches.person_id AS person_id,
  touches.at AS at,
  touches.kind AS kind,
  touches.campaign AS campaign,
  touches.product AS product,
  touches.topic AS topic,
  touches.url AS url,
  touches.seller AS seller,
  touches.source AS source,
  touches.visitor AS visitor,
  touches.identified AS identified,
  touches.props AS props,
  touches.id AS message_id
FROM touches
JOIN entities ON entities.id = touches.person_id;

-- Browsers, and how many of their acts belong to nobody known.
CREATE VIEW v_visitors AS
SELECT
  visitor,
  COUNT(*) AS n_touches,
  SUM(CASE WHEN person_id IS NULL THEN 1 ELSE 0 END) AS n_unknown
FROM touches
WHERE visitor IS NOT NULL
GROUP BY visitor;
