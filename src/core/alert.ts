/**
 * Telling operators: a POST of JSON to ALERT_URL, which may be an incoming webhook of Slack or Teams, for it has a `text`.
 * Called by src/subjects/tend.ts for deadlines and by src/forward/alerts.ts for destinations; the caller says once what
 * is once, and tells again what was not taken.
 */
import { unsafeTarget } from "./safe-url.ts";

export interface AlertTarget {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** ALERT_URL; empty: nobody is told. */
  alertUrl: string;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
}

/** `type` is stable; `text` is one sentence for people. It never holds a value of a person. */
export type AlertBody = { type: string; text: string } & Record<string, unknown>;

/** Whether it was taken, or cannot be sent at all. */
export async function sendAlert(
  { fetch, alertUrl, allowInsecure }: AlertTarget,
  body: AlertBody,
): Promise<boolean> {
  if (alertUrl === "") return true;
  const unsafe = unsafeTarget(alertUrl, allowInsecure);
  if (unsafe) {
    console.error(`ALERT_URL is not safe to send to: ${unsafe}`);
    return true;
  }
  try {
    const response = await fetch(alertUrl, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", "user-agent": "doorstep-alert/1" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    if (response.ok) return true;
    console.error(`ALERT_URL answered ${response.status}`);
  } catch (error) {
    console.error("ALERT_URL does not answer", error instanceof Error ? error.name : "unknown error");
  }
  return false;
}
