-- One row an order, by the first purchase that named it, whichever source sent it, with what was paid back: a refund without
-- a value is of all of it. Needs `events` and `sessions`.
-- A server's purchase has no session: its campaign is that of the last session of the same subject, 30 days back at most.
CREATE OR REPLACE VIEW orders AS
WITH purchases AS (
  SELECT *
  FROM events
  WHERE name = 'purchase' AND order_id IS NOT NULL AND is_bot IS NOT TRUE
  QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY received_at, event_id) = 1
),
refunds AS (
  SELECT order_id, coalesce(sum(value), 0) AS refunded, bool_or(value IS NULL) AS is_whole
  FROM events
  WHERE name = 'refund' AND order_id IS NOT NULL
  GROUP BY order_id
)
SELECT
  p.source,
  p.order_id,
  p.occurred_at AS ordered_at,
  p.subject,
  p.value,
  p.currency,
  CASE WHEN r.is_whole THEN p.value ELSE coalesce(r.refunded, 0) END AS refunded,
  p.value - CASE WHEN r.is_whole THEN p.value ELSE coalesce(r.refunded, 0) END AS net_value,
  coalesce(json_array_length(p.properties, '$.items'), 0) AS item_lines,
  coalesce(p.session_id, s.session_id) AS session_id,
  s.utm_source,
  s.utm_medium,
  s.utm_campaign,
  p.country
FROM purchases p
LEFT JOIN refunds r USING (order_id)
LEFT JOIN LATERAL (
  SELECT * FROM sessions s
  WHERE s.session_id = p.session_id
     OR (p.session_id IS NULL AND s.subject = p.subject
         AND s.started_at BETWEEN p.occurred_at - INTERVAL 30 DAY AND p.occurred_at)
  ORDER BY s.started_at DESC
  LIMIT 1
) s ON true;
