/**
 * What the console shows of a destination's deliveries: counts, lag and the vendor's latency by minute (two hours) and by
 * hour (30 days), the last success and the last error. Pure; the Destination object keeps it in one row. Only what can be
 * added up is kept, so percentiles are those of a histogram: at most the value given.
 */

/** Upper bounds of the lag's histogram, in seconds; one more class holds what is beyond. */
export const LAG_BOUNDS = [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400] as const;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MINUTES = 120;
const HOURS = 720;

/** What became of the items of one batch. */
export interface Tallied {
  delivered: number;
  skipped: number;
  retry: number;
  failed: number;
  parked: number;
}

/** What one batch adds. */
export interface Measured extends Tallied {
  /** Of each delivered item, from `receivedAt` to now; ms. */
  lagsMs: readonly number[];
  requests: number;
  /** Of all requests together, and of the slowest. */
  latencyMs: number;
  slowestMs: number;
  /** Code of what went wrong last. */
  error?: string;
}

/** Everything of one minute or hour. */
export interface Bucket extends Tallied {
  /** Its start, epoch ms. */
  at: number;
  /** How many delivered items were in which class of LAG_BOUNDS. */
  lag: number[];
  lagMs: number;
  slowestLagMs: number;
  requests: number;
  latencyMs: number;
  slowestMs: number;
}

export interface Metrics {
  /** Oldest first; without those in which nothing happened. */
  minutes: Bucket[];
  hours: Bucket[];
  /** Epoch ms. */
  lastSuccessAt?: number;
  lastError?: { code: string; at: number };
}

/** What is shown of a stretch of time. Lag: from the door to the vendor's confirmation; latency: of one request. */
export interface Summary extends Tallied {
  /** At most so long, seconds; null: longer than a day. Absent where nothing was delivered. */
  lagP50Seconds?: number | null;
  lagP95Seconds?: number | null;
  lagMeanSeconds?: number;
  requests: number;
  latencyMeanMs?: number;
  latencyMaxMs?: number;
}

export const NO_METRICS: Metrics = { minutes: [], hours: [] };

/** Add a batch. @param now epoch ms */
export function measure(metrics: Metrics, batch: Measured, now: number): Metrics {
  return {
    ...metrics,
    minutes: added(
      metrics.minutes,
      batch,
      Math.floor(now / MINUTE_MS) * MINUTE_MS,
      now - MINUTES * MINUTE_MS,
    ),
    hours: added(metrics.hours, batch, Math.floor(now / HOUR_MS) * HOUR_MS, now - HOURS * HOUR_MS),
    ...(batch.delivered > 0 && { lastSuccessAt: now }),
    ...(batch.error !== undefined && { lastError: { code: batch.error, at: now } }),
  };
}

/** Changes the bucket of `at` in place: nobody else has it. */
function added(buckets: readonly Bucket[], batch: Measured, at: number, oldest: number): Bucket[] {
  const kept = buckets.filter((bucket) => bucket.at > oldest);
  // Clocks of consumers differ a little: a batch may belong to a minute that is not the last.
  let bucket = kept.find((one) => one.at === at);
  if (!bucket) {
    bucket = { at, ...NOTHING, lag: [] };
    kept.push(bucket);
    kept.sort((a, b) => a.at - b.at);
  }
  for (const name of ["delivered", "skipped", "retry", "failed", "parked", "requests", "latencyMs"] as const)
    bucket[name] += batch[name];
  bucket.slowestMs = Math.max(bucket.slowestMs, batch.slowestMs);
  for (const lagMs of batch.lagsMs) {
    const found = LAG_BOUNDS.findIndex((bound) => lagMs <= bound * 1000);
    const index = found < 0 ? LAG_BOUNDS.length : found;
    while (bucket.lag.length <= index) bucket.lag.push(0);
    bucket.lag[index] = (bucket.lag[index] ?? 0) + 1;
    bucket.lagMs += lagMs;
    bucket.slowestLagMs = Math.max(bucket.slowestLagMs, lagMs);
  }
  return kept;
}

const NOTHING = {
  ...{ delivered: 0, skipped: 0, retry: 0, failed: 0, parked: 0 },
  ...{ lagMs: 0, slowestLagMs: 0, requests: 0, latencyMs: 0, slowestMs: 0 },
};

/** Sum up the buckets since a time, epoch ms. */
export function summarise(buckets: readonly Bucket[], since: number): Summary {
  const sum = { ...NOTHING };
  const lag = LAG_BOUNDS.map(() => 0).concat(0);
  for (const bucket of buckets) {
    if (bucket.at < since) continue;
    for (const name of Object.keys(NOTHING) as (keyof typeof NOTHING)[]) // its own keys
      sum[name] = name.startsWith("slowest") ? Math.max(sum[name], bucket[name]) : sum[name] + bucket[name];
    for (const [index, count] of bucket.lag.entries()) lag[index] = (lag[index] ?? 0) + count;
  }
  const { delivered, skipped, retry, failed, parked, requests } = sum;
  const measured = lag.reduce((total, count) => total + count, 0);
  return {
    ...{ delivered, skipped, retry, failed, parked, requests },
    ...(measured > 0 && {
      lagP50Seconds: quantile(lag, measured * 0.5),
      lagP95Seconds: quantile(lag, measured * 0.95),
      lagMeanSeconds: Math.round(sum.lagMs / measured) / 1000,
    }),
    ...(requests > 0 && {
      latencyMeanMs: Math.round(sum.latencyMs / requests),
      latencyMaxMs: Math.round(sum.slowestMs),
    }),
  };
}

/** The bound that `rank` of the values are within. */
function quantile(lag: readonly number[], rank: number): number | null {
  let seen = 0;
  for (const [index, count] of lag.entries()) {
    seen += count;
    if (seen >= rank) return LAG_BOUNDS[index] ?? null;
  }
  return null;
}

/** What of it the console's list shows; empty where nothing was ever delivered or tried. @param now epoch ms */
export interface MetricsStatus {
  lastSuccessAt?: number;
  lastError?: { code: string; at: number };
  /** Of the last 60 minutes. */
  lastHour?: Summary;
  /** Of the last 24 hours. */
  lastDay?: Summary;
}

export function metricsStatus(
  { minutes, hours, lastSuccessAt, lastError }: Metrics,
  now: number,
): MetricsStatus {
  return {
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    ...(lastError && { lastError }),
    ...(hours.length > 0 && {
      lastHour: summarise(minutes, now - HOUR_MS),
      lastDay: summarise(hours, now - 24 * HOUR_MS),
    }),
  };
}
