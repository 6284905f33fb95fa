-- Every decision on an event: of the door, of ingest, and of each delivery.
CREATE OR REPLACE VIEW receipts AS
SELECT * EXCLUDE (line)
FROM read_parquet(getvariable('lake') || '/receipts/*/*/part-*.parquet', union_by_name = true)
WHERE event_id IS NOT NULL;
