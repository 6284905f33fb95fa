/** Everybody out there, as one `fetch`: GA4 and HubSpot say yes as they document it, and the CMS answers with a page. */

/** Credentials go to the vendors' own hosts alone. */
const VENDORS: Readonly<Record<string, string>> = {
  "www.google-analytics.com": "ga4",
  "api.hubapi.com": "hubspot",
};
export const ORIGIN_URL = "https://cms.example.com";

const PAGE = `<!doctype html><html><head><title>Story</title></head><body><main><div data-doorstep-slot="hero"><h1>Stories</h1></div>${"<p>Text of a story.</p>".repeat(200)}</main></body></html>`;

export interface Vendors {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Requests by who got them. */
  asked: Map<string, number>;
}

export function createVendors(): Vendors {
  const asked = new Map<string, number>();
  const contacts = new Map<string, Record<string, unknown>>();
  const count = (who: string) => asked.set(who, (asked.get(who) ?? 0) + 1);

  const hubspot = (path: string, body: HubspotBody): Response => {
    const results = body.inputs.flatMap(({ id, objectWriteTraceId, properties }) => {
      if (path.endsWith("/upsert")) contacts.set(id, { ...contacts.get(id), ...properties, email: id });
      const known = contacts.get(id);
      return known
        ? [
            {
              id: String(id),
              properties: known,
              ...(objectWriteTraceId !== undefined && { objectWriteTraceId }),
            },
          ]
        : [];
    });
    return Response.json({ status: "COMPLETE", results });
  };

  return {
    asked,
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.origin === ORIGIN_URL) {
        count("origin");
        return new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
      }
      const vendor = VENDORS[url.hostname];
      if (vendor === undefined) throw new Error(`nobody is at ${url.origin}`);
      count(vendor);
      if (vendor === "hubspot") return hubspot(url.pathname, JSON.parse(String(init?.body)) as HubspotBody);
      return new Response(null, { status: 204 });
    },
  };
}

interface HubspotBody {
  inputs: { id: string; objectWriteTraceId?: string; properties?: Record<string, unknown> }[];
}
