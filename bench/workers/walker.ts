/**
 * What others run in this place: the walkerOS collector with its API destination, as npm has them, in a Hono Worker, set
 * up as a user would for a page's events. The whole event goes in, with the visitor's consent; the destination asks for
 * consent to analytics, is given nine fields of a page view, and what it would send is confirmed at once. The requests
 * are the very ones that ours gets. It checks no contract, reads no cookie and minimises nothing.
 */
import { startFlow } from "@walkeros/collector";
import { destinationAPI } from "@walkeros/server-destination-api";
import { Hono } from "hono";

/** As our script sends it; taken as it is. */
interface SentEvent {
  id: string;
  name: string;
  occurred_at: string;
  properties: Record<string, string>;
  context: {
    page: { url: string; title: string; referrer: string };
    locale: string;
    library: { name: string; version: string };
  };
}

/** What the destination was given. */
const delivered = { count: 0, last: "" };

const start = () =>
  startFlow({
    destinations: {
      warehouse: {
        code: destinationAPI,
        config: {
          settings: { url: "https://warehouse.example.com/events" },
          consent: { analytics: true },
          mapping: {
            page: {
              view: {
                name: "page_view",
                data: {
                  map: {
                    event_id: "id",
                    event_time: "timestamp",
                    page_url: "source.url",
                    page_title: "data.title",
                    page_referrer: "source.referrer",
                    language: "user.language",
                    content_id: "data.content.content_id",
                    content_type: "data.content.content_type",
                    topic: "data.content.topic",
                  },
                },
              },
            },
          },
        },
        env: {
          async sendServer(_url: string, body: unknown) {
            delivered.count++;
            delivered.last = String(body);
            return { ok: true };
          },
        },
      },
    },
  });

/** Made once per isolate, with its first request: it draws random numbers, which no Worker may at its start. */
let flow: Awaited<ReturnType<typeof start>> | undefined;

const app = new Hono();

app.post("/events", async (c) => {
  const { events } = await c.req.json<{ events: SentEvent[] }>();
  flow ??= await start();
  const userAgent = c.req.header("user-agent") ?? "";
  for (const event of events) {
    const result = await flow.elb(eventOf(event, userAgent));
    if (!result.ok) return c.json({ error: "not delivered" }, 500);
  }
  return c.json({ accepted: events.length }, 202);
});

app.get("/health", (c) => c.json({ status: "alive" }));

/** In walkerOS's own shape: an entity and an action, what they are about, who did it and where. */
function eventOf({ id, name, occurred_at, properties, context }: SentEvent, userAgent: string) {
  const { page, locale, library } = context;
  return {
    name: name.replace("_", " "),
    id,
    timestamp: Date.parse(occurred_at),
    data: { ...properties, title: page.title },
    user: { userAgent, language: locale },
    custom: { library },
    consent: { analytics: true, marketing: true, personalization: true },
    source: { type: "browser", platform: "web", url: page.url, referrer: page.referrer },
  };
}

export default app;

/** Asked by bench/measure/check.ts on a socket of its own. */
export const taken = { fetch: () => Response.json(delivered) };
