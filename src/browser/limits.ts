/**
 * Every number that the browser script goes by, in one place for a site's developers to look up. Also why it is small:
 * esbuild inlines the constants of a file without imports.
 */

/** An event waits for company for this long … */
export const BATCH_DELAY_MS = 1_000;
/** … or until there are so many. */
export const BATCH_EVENTS = 5;
/** The most events in one request. */
export const MAX_BATCH_EVENTS = 50;

/** The stored queue; browsers allow 64 KiB of requests that outlive a page, which is why it is not larger. */
export const MAX_QUEUE_EVENTS = 100;
export const MAX_QUEUE_BYTES = 60_000;
/** One event, as JSON. */
export const MAX_EVENT_BYTES = 30_000;
/** Events in memory while the visitor has not decided on consent. */
export const MAX_HELD_EVENTS = 50;

export const REQUEST_TIMEOUT_MS = 20_000;
/** How long a beacon, which has no answer, may take before its events are sent again. */
export const BEACON_GRACE_MS = 5_000;
/** The longest backoff of our own, and the longest `Retry-After` that is believed. */
export const MAX_BACKOFF_MS = 60_000;
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** For this long half of an element must be visible until it counts as seen. */
export const SEEN_AFTER_MS = 1_000;
/** How often at most the page is looked through for new slots, and its scroll position is read. */
export const SCAN_DELAY_MS = 200;
export const SCROLL_CHECK_MS = 100;

/** The contracts' limits, in characters: a longer value would cost the whole event. */
export const MAX_URL = 4096;
export const MAX_TITLE = 512;
export const MAX_NAME = 128;
export const MAX_FIELDS = 100;
/** Longer texts of links and buttons are cut; the contract would allow 256. */
export const MAX_LABEL = 100;
