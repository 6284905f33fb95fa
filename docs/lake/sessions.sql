-- One row a session. Needs `events`. Bots are left out; so is what came without consent for analytics, which has no session.
CREATE OR REPLACE VIEW sessions AS
SELECT
  session_id,
  source,
  arg_min(subject, occurred_at) AS subject,
  min(session_number) AS session_number,
  min(occurred_at) AS started_at,
  max(occurred_at) AS ended_at,
  date_diff('second', min(occurred_at), max(occurred_at)) AS seconds,
  count(*) AS events,
  count(*) FILTER (name = 'page_view') AS page_views,
  arg_min(page_url, occurred_at) FILTER (page_url IS NOT NULL) AS landing_page,
  arg_min(referrer_class, occurred_at) FILTER (referrer_class IS NOT NULL) AS referrer_class,
  arg_min(utm_source, occurred_at) FILTER (utm_source IS NOT NULL) AS utm_source,
  arg_min(utm_medium, occurred_at) FILTER (utm_medium IS NOT NULL) AS utm_medium,
  arg_min(utm_campaign, occurred_at) FILTER (utm_campaign IS NOT NULL) AS utm_campaign,
  any_value(country) AS country,
  any_value(device_type) AS device_type,
  count(DISTINCT order_id) FILTER (name = 'purchase') AS orders
FROM events
WHERE session_id IS NOT NULL AND is_bot IS NOT TRUE
GROUP BY session_id, source;
