/** The product as the worker tests meet it: requests to the real app in workerd, and a release to test with. */
import { exports } from "cloudflare:workers";
import type { ReleaseInput } from "#contracts/definitions/release";

export const HOST = "https://shop.example";

export const RELEASE: ReleaseInput = {
  features: {
    top_topic: { event: "page_view", agg: "top", field: "content.topic", window: "30d" },
    purchases: { event: "purchase", agg: "count" },
  },
  segments: { loyal: { when: { purchases: { $gte: 1 } } }, "winter-fan": { when: { top_topic: "winter" } } },
  policy: {
    regimes: {
      gdpr: { countries: ["SK"], default: "denied" },
      us: { countries: ["US"], default: "granted", honours: ["gpc"] },
    },
    otherwise: "gdpr",
  },
};

/** A request to the app. */
export const request = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(`${HOST}${path}`, init));

/** Publish a release, as an operator does. */
export async function publishRelease(document: unknown = RELEASE): Promise<number> {
  const response = await request("/admin/api/releases", {
    method: "POST",
    headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
    body: JSON.stringify({ document, note: "test" }),
  });
  if (response.status !== 201) throw new Error(`publish: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { version: number }).version;
}

/** A browser of our own site: keeps cookies and sends what browsers send. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly headers: Record<string, string>;
  readonly #ask: typeof request;
  /** @param ask instead of the product's own door */
  constructor(country: string, headers: Record<string, string> = {}, ask = request) {
    this.#ask = ask;
    this.cookies.set("ds_dev_country", country);
    this.headers = {
      origin: HOST,
      "sec-fetch-site": "same-origin",
      "user-agent":
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36",
      ...headers,
    };
  }
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const response = await this.#ask(path, {
      ...init,
      headers: { ...this.headers, cookie, ...(init.headers as Record<string, string>) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split("; ");
      const cut = (pair ?? "").indexOf("=");
      const name = (pair ?? "").slice(0, cut);
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, (pair ?? "").slice(cut + 1));
    }
    return response;
  }
  consent(purposes: Record<string, "granted" | "denied">): Promise<Response> {
    return this.fetch("/consent", { method: "PUT", body: JSON.stringify({ purposes }) });
  }
  send(events: unknown[], more: Record<string, unknown> = {}): Promise<Response> {
    return this.fetch("/events", {
      method: "POST",
      body: JSON.stringify({ write_key: "wk_demo", events, ...more }),
    });
  }
}

let n = 0;
/** A native event. */
export const event = (name: string, properties: unknown = {}, more: Record<string, unknown> = {}) => ({
  id: `test-${++n}-${name}`,
  name,
  occurred_at: new Date().toISOString(),
  properties,
  ...more,
});

export const ALL = { analytics: "granted", marketing: "granted", personalization: "granted" } as const;
