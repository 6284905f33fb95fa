-- Impression → click → conversion, per offer or content, slot and experiment. Needs `events` and `orders`.
-- An order counts for the last click of the same subject in the seven days before it.
CREATE OR REPLACE VIEW content_performance AS
WITH shown AS (
  SELECT
    event_id, name, subject, occurred_at,
    coalesce(offer, content_id) AS content,
    slot, experiment_id, variation_id
  FROM events
  WHERE name IN ('content_impression', 'cta_click')
    AND coalesce(offer, content_id) IS NOT NULL
    AND is_bot IS NOT TRUE
),
conversions AS (
  SELECT o.order_id, o.net_value, o.currency, c.content, c.slot, c.experiment_id, c.variation_id
  FROM orders o
  JOIN shown c
    ON c.name = 'cta_click'
   AND c.subject = o.subject
   AND c.occurred_at BETWEEN o.ordered_at - INTERVAL 7 DAY AND o.ordered_at
  QUALIFY row_number() OVER (PARTITION BY o.order_id ORDER BY c.occurred_at DESC, c.event_id) = 1
),
seen AS (
  SELECT content, slot, experiment_id, variation_id,
    count(*) FILTER (name = 'content_impression') AS impressions,
    count(*) FILTER (name = 'cta_click') AS clicks
  FROM shown
  GROUP BY ALL
),
sold AS (
  SELECT content, slot, experiment_id, variation_id, currency,
    count(*) AS conversions,
    sum(net_value) AS revenue
  FROM conversions
  GROUP BY ALL
)
SELECT
  seen.content, seen.slot, seen.experiment_id, seen.variation_id,
  impressions,
  clicks,
  round(clicks / nullif(impressions, 0), 4) AS click_rate,
  coalesce(conversions, 0) AS conversions,
  currency,
  coalesce(revenue, 0) AS revenue
FROM seen
LEFT JOIN sold
  ON sold.content = seen.content
 AND sold.slot IS NOT DISTINCT FROM seen.slot
 AND sold.experiment_id IS NOT DISTINCT FROM seen.experiment_id
 AND sold.variation_id IS NOT DISTINCT FROM seen.variation_id;
