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

-- Browsers, known or not.
CREATE VIEW v_visitors AS
SELECT DISTINCT visitor FROM touches WHERE visitor IS NOT NULL;
