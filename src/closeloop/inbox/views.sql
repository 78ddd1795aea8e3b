-- What others may read of the inbox: messages with their receipts, what waits, batches, ends.
CREATE VIEW v_messages AS
SELECT m.id, m.receipt_id, m.position, m.kind, m.occurred_at, m.received_at, m.state, m.reason, m.flags, m.subject_id,
  m.batch, r.source, r.door, b.process, b.decided_at
FROM messages m LEFT JOIN receipts r ON r.id = m.receipt_id LEFT JOIN batches b ON b.no = m.batch;

CREATE VIEW v_set_aside AS
SELECT m.state, r.source, m.reason, COUNT(*) AS n, MIN(m.received_at) AS since, MAX(m.id) AS example_id
FROM messages m LEFT JOIN receipts r ON r.id = m.receipt_id
WHERE m.state IN ('set_aside', 'failed')
GROUP BY m.state, r.source, m.reason;

CREATE VIEW v_backlog AS
SELECT w.queue, r.source, COUNT(*) AS n, MIN(r.received_at) AS since
FROM waiting w JOIN receipts r ON r.id = w.receipt_id
GROUP BY w.queue, r.source;

CREATE VIEW v_ends AS
SELECT source, cursor, pulled_at, n_records, error, error_at FROM ends;

CREATE VIEW v_batches AS
SELECT no, decided_at, process, n_messages FROM batches;
