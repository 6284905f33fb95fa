/** Requests of the marker test that bring native events: of every fate, and with markers in their headers. */
import { tcfString } from "../../setup/tcf-strings.ts";
import { mark } from "./markers.ts";
import { event, full, prose, traits } from "./markers-events.ts";
import { AGENT, BROWSER, type World } from "./markers-world.ts";

const ALL = { analytics: "granted", marketing: "granted", personalization: "granted" };
const iso = (offsetMs = 0) => new Date(Date.now() + offsetMs).toISOString();

type Send = (
  events: unknown[],
  more?: Record<string, unknown>,
  headers?: Record<string, string>,
) => Promise<Response>;

/** Sends native events as a browser of ours with consent for everything. */
const browserOf =
  (world: World): Send =>
  (events, more = {}, headers = {}) =>
    world.request("/events", {
      method: "POST",
      headers: { ...BROWSER, cookie: "ds_dev_country=SK", ...headers },
      body: JSON.stringify({ write_key: "wk_demo", consent: ALL, events, ...more }),
    });

/** Events that are accepted, dropped and refused, each for every reason. */
export async function plantInEvents(world: World): Promise<void> {
  const send = browserOf(world);
  // Accepted, with everything that a contract can hold.
  await send([
    full("search", "search", { search_term: prose("search: search_term") }),
    full("form", "form_submit", {
      form_id: "newsletter",
      form_name: prose("form: form_name"),
      fields: [mark.email("form: fields")],
    }),
    full("purchase", "purchase", {
      order_id: "A-1",
      value: 10,
      currency: "EUR",
      coupon: mark.email("purchase: coupon"),
      items: [{ product_id: "p", name: prose("purchase: item name"), quantity: 1 }],
    }),
    full("identify", "identify"),
  ]);
  // Under an id that is a person's.
  await send([
    event("page_view", {}, { id: mark.email("event id of an accepted event"), traits: traits("id") }),
    event("page_view", {}, { id: mark.phone("event id that is a number") }),
    event("nothing known", {}, { id: mark.email("event id of a refused event") }),
    event(
      "purchase",
      { value: mark.word("a refused value") },
      { id: mark.email("event id of an invalid event") },
    ),
  ]);
  // Of a server, for a person: its user agent and address.
  const context = { user_agent: `${AGENT} ${mark.email("context.user_agent")}`, ip: "198.51.100.78" };
  await world.request("/events", {
    method: "POST",
    headers: { authorization: "Bearer sk_demo" },
    body: JSON.stringify({
      consent: ALL,
      events: [full("server", "purchase", { order_id: "A-2", value: 5, currency: "EUR" }, { context })],
    }),
  });
  // Behavioural and technical fields: they hold what the site writes.
  await send([
    event(
      "purchase",
      {
        order_id: mark.behavioural("order_id"),
        value: 1,
        currency: "EUR",
        items: [{ product_id: mark.behavioural("product_id"), category: mark.behavioural("category") }],
      },
      {
        context: {
          page: {
            url: `https://shop.example/${mark.behavioural("path of the page")}`,
            title: mark.behavioural("title"),
          },
          experiment_id: mark.behavioural("experiment_id"),
          utm: { campaign: mark.behavioural("utm.campaign") },
          library: { name: mark.behavioural("library.name") },
        },
      },
    ),
    event("search", { search_term: mark.behavioural("search_term") }),
    event("page_view", {
      content: {
        content_id: mark.behavioural("content_id"),
        content_type: "article",
        topic: mark.behavioural("topic"),
        author: mark.behavioural("author"),
      },
    }),
  ]);
  // Without consent, and with little of it.
  await send(
    [
      full(
        "no consent",
        "purchase",
        { order_id: "A-3", value: 5, currency: "EUR" },
        { id: mark.email("id without consent") },
      ),
      full("no consent, refused", mark.email("name without consent")),
    ],
    { consent: {} },
  );
  await send([full("analytics only", "form_submit", { form_id: "x" })], {
    consent: { analytics: "granted" },
  });
  // Refused for each reason.
  await send([
    full("invalid_event", "purchase", {
      order_id: "A-4",
      value: prose("invalid_event: value"),
      currency: mark.word("invalid_event: currency"),
    }),
    full("unknown_event", `order of ${mark.email("unknown_event: name")}`),
    full("unknown_version", "purchase", {}, { version: "9.9.9" }),
    full("unknown_version", "purchase", {}, { version: mark.email("unknown_version: version").slice(0, 16) }),
    full("invalid_timestamp", "page_view", {}, { occurred_at: mark.email("occurred_at") }),
    full("timestamp_in_future", "page_view", {}, { occurred_at: iso(9 * 86_400_000) }),
    full("timestamp_too_old", "page_view", {}, { occurred_at: iso(-99 * 86_400_000) }),
    full("event_too_large", "purchase", {
      order_id: "A-5",
      value: 1,
      currency: "EUR",
      items: Array.from({ length: 100 }, (_, n) => ({
        product_id: `p-${n}`,
        name: "n".repeat(256),
        list_name: "l".repeat(256),
        list_id: "i".repeat(128),
        category: "c".repeat(128),
      })),
    }),
    { [mark.email("an event without id or name")]: mark.email("an event without id or name, value") },
    mark.email("an event that is a text"),
  ]);
  // A source that takes events without a contract.
  await send(
    [
      event(`Quiz of ${mark.email("custom: name")}`, {
        note: prose("custom: a listed field"),
        other: mark.word("custom: a field that is not listed"),
      }),
    ],
    { write_key: "wk_open" },
  );
}

/** Headers, cookies, keys and consent strings. */
export async function plantInHeaders(world: World): Promise<void> {
  const send = browserOf(world);
  await send([event("page_view")], {}, { "user-agent": `${AGENT} (${mark.email("header user-agent")})` });
  await send([event("page_view")], {}, { referer: `https://shop.example/${mark.email("header referer")}` });
  await send([event("page_view")], {}, { "accept-language": mark.email("header accept-language") });
  await send(
    [event("page_view")],
    {},
    {
      "x-forwarded-for": mark.email("header x-forwarded-for"),
      "x-real-name": mark.word("a header of no meaning"),
    },
  );
  await send(
    [event("page_view")],
    {},
    {
      cookie: `ds_dev_country=SK; crm=${mark.email("a foreign cookie")}; _ga=GA1.1.${mark.word("cookie _ga")}; ajs_anonymous_id=${mark.email("cookie ajs_anonymous_id")}; ds_id=${mark.word("cookie ds_id")}; ds_session=${mark.word("cookie ds_session")}; ds_consent=${mark.word("cookie ds_consent")}; euconsent-v2=${mark.word("cookie euconsent-v2")}`,
    },
  );
  await send(
    [event("page_view")],
    {},
    { origin: `https://${mark.word("header origin").toLowerCase()}.example` },
  );
  await send([event("page_view")], {}, { authorization: `Bearer ${mark.email("a key in Authorization")}` });
  await send([event("page_view")], { write_key: mark.email("write_key") });
  const tcf = tcfString({
    created: Date.UTC(2026, 10, 1),
    updated: Date.UTC(2026, 10, 1),
    purposes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  });
  await send([
    event(
      "page_view",
      {},
      { consent: { ...ALL, tcf: mark.email("a TC string"), gpp: mark.email("a GPP string") } },
    ),
  ]);
  await send([event("page_view", {}, { consent: { tcf: `${tcf}.${mark.word("behind a TC string")}` } })]);
  await send([
    event(
      "page_view",
      {},
      { consent: { [mark.email("the name of a purpose")]: mark.word("a purpose's value") } },
    ),
  ]);
}
