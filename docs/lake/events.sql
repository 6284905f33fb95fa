-- Every accepted event, once. `lake` is where the parts lie: a folder, or `r2://<bucket>/lake`.
CREATE OR REPLACE VIEW events AS
SELECT * EXCLUDE (line)
FROM read_parquet(getvariable('lake') || '/events/*/*/part-*.parquet', union_by_name = true)
WHERE event_id IS NOT NULL;
