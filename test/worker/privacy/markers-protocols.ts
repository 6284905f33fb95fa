/** Requests of the marker test in the other protocols, and those that are a mistake. */
import { mark } from "./markers.ts";
import { page, prose, traits } from "./markers-events.ts";
import { AGENT, BROWSER, type World } from "./markers-world.ts";

const ALL = { analytics: "granted", marketing: "granted", personalization: "granted" };

/** Each protocol in its own places. */
export async function plantInProtocols(world: World): Promise<void> {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    world.request(path, {
      method: "POST",
      headers: { ...BROWSER, cookie: "ds_dev_country=US", "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const segment = { writeKey: "wk_demo" };
  await post("/v1/track", {
    ...segment,
    type: "track",
    event: `Signed ${mark.email("segment: event")}`,
    messageId: mark.email("segment: messageId"),
    userId: mark.email("segment: userId"),
    properties: {
      email: mark.email("segment: properties.email"),
      value: mark.word("segment: properties.value"),
    },
    context: {
      traits: traits("segment"),
      page: page("segment"),
      userAgent: `${AGENT} ${mark.email("segment: context.userAgent")}`,
      ip: "198.51.100.79",
    },
  });
  await post("/v1/identify", {
    ...segment,
    type: "identify",
    userId: mark.word("segment: identify userId"),
    traits: traits("segment identify"),
    messageId: "seg-2",
  });
  await post("/v1/page", {
    ...segment,
    type: "page",
    anonymousId: mark.word("segment: anonymousId"),
    name: prose("segment: page name"),
    properties: { ...page("segment page"), path: `/${mark.email("segment: path")}` },
    messageId: "seg-3",
  });
  await post("/com.snowplowanalytics.snowplow/tp2", {
    schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
    data: [
      {
        e: "pv",
        p: "web",
        tv: "js-3",
        aid: "wk_demo",
        eid: crypto.randomUUID(),
        url: page("snowplow").url,
        page: prose("snowplow: page"),
        refr: page("snowplow").referrer,
        uid: mark.email("snowplow: uid"),
        duid: mark.word("snowplow: duid"),
        ua: `${AGENT} ${mark.email("snowplow: ua")}`,
        ip: "198.51.100.80",
      },
    ],
  });
  const pixel = new URLSearchParams({
    e: "pv",
    p: "web",
    aid: "wk_demo",
    url: page("pixel").url,
    uid: mark.email("pixel: uid"),
    page: prose("pixel: page"),
  });
  await world.request(`/i?${pixel}`, { headers: { ...BROWSER, cookie: "ds_dev_country=US" } });
  const ga4 = new URLSearchParams({
    v: "2",
    tid: "wk_demo",
    cid: mark.word("ga4: cid"),
    uid: mark.email("ga4: uid"),
    en: "page_view",
    dl: page("ga4").url,
    dt: prose("ga4: dt"),
    "ep.note": mark.email("ga4: ep"),
    "up.mail": mark.email("ga4: up"),
    gcs: "G111",
  });
  await post(`/g/collect?${ga4}`, "");
  await world.request("/mp/collect?measurement_id=wk_demo&api_secret=sk_demo", {
    method: "POST",
    headers: { cookie: "ds_dev_country=US" },
    body: JSON.stringify({
      client_id: mark.word("mp: client_id"),
      user_id: mark.email("mp: user_id"),
      user_properties: { mail: { value: mark.email("mp: user_properties") } },
      consent: { ad_user_data: "GRANTED", ad_personalization: "GRANTED" },
      events: [
        {
          name: "page_view",
          params: {
            page_location: page("mp").url,
            page_title: prose("mp: page_title"),
            note: mark.email("mp: params"),
          },
        },
      ],
    }),
  });
  await post(
    "/api/s/track",
    {
      ...segment,
      type: "track",
      event: "page_view",
      userId: mark.email("jitsu: userId"),
      messageId: mark.email("jitsu: messageId"),
      context: { traits: traits("jitsu"), page: page("jitsu") },
    },
    { "x-write-key": "wk_demo" },
  );
}

/** Bodies that break off, paths that nobody has, keys and tokens that are none. */
export async function plantInMistakes(world: World): Promise<void> {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    world.request(path, { headers: { ...BROWSER, ...headers } });
  const send = (method: "POST" | "PUT", path: string, body: unknown, headers: Record<string, string> = {}) =>
    world.request(path, {
      method,
      headers: { ...BROWSER, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const key = { write_key: "wk_demo" };
  const root = { authorization: "Bearer admin_test" };
  await send(
    "POST",
    "/events",
    `{"write_key":"wk_demo","events":[{"email":"${mark.email("a body that breaks off")}"`,
  );
  await send("POST", "/events", `<person>${mark.email("a body of another kind")}</person>`);
  await send("POST", "/events", { ...key, events: mark.email("events that are a text") });
  await send("POST", "/events", [mark.email("a body that is a list")]);
  await send("POST", "/events", { ...key, sent_at: mark.email("sent_at"), events: [] });
  await send(
    "POST",
    "/events",
    { ...key, events: [] },
    { "content-encoding": mark.word("content-encoding") },
  );
  await send("POST", `/events/${mark.email("a path of ours that is not")}`, {});
  await ask(`/${mark.email("a path that nobody has")}?x=${mark.word("a query that nobody asked for")}`);
  await ask(`/slots/${mark.email("a slot that is not")}?url=${mark.word("the query of a slot")}`);
  const slots = [mark.email("a slot in a list")];
  await send("POST", "/slots", { slots, email: mark.word("a slot request's member") });
  const purposes = { [mark.email("consent: a purpose's name")]: mark.word("consent: a purpose's value") };
  await send("PUT", "/consent", { purposes });
  await send("PUT", "/consent", `{"purposes": "${mark.email("consent: a broken body")}`);
  const subject = { namespace: "email", value: mark.email("consent: whose, from a browser") };
  await send("PUT", "/consent", { subject, purposes: ALL });
  await world.request("/consent", {
    method: "PUT",
    headers: { authorization: "Bearer sk_demo" },
    body: JSON.stringify({
      subject: { namespace: "email", value: mark.email("consent: whose, from a server") },
      purposes: ALL,
    }),
  });
  const context = { targetingKey: mark.email("flags: targetingKey") };
  await send("POST", "/ofrep/v1/evaluate/flags", { context });
  await ask(`/v1/projects/${mark.word("settings: a key")}/settings`);
  const vendor = mark.word("a vendor that is not");
  await send("POST", `/com.${vendor}/tp2`, mark.email("a Snowplow body that is not"));
  await send("POST", "/v1/track", { writeKey: mark.email("segment: a key that is not"), event: "x" });
  await ask("/admin/api/live", { authorization: `Bearer ${mark.email("a token that is not")}` });
  await ask("/admin/api/live", { "cf-access-jwt-assertion": mark.email("an assertion that is not") });
  await ask(`/admin/api/trace/${mark.email("a trace that is not")}`, root);
  const document = { slots: mark.email("a release that is not") };
  await send("POST", "/admin/api/releases", { document, note: "x" }, root);
  const identity = {
    identity_type: "email",
    identity_value: mark.email("a subject request of nobody"),
    identity_format: "raw",
  };
  const request = { regulation: "gdpr", subject_request_type: "access", subject_identities: [identity] };
  await send("POST", "/privacy/requests", request);
  await ask(`/privacy/requests/${mark.email("a subject request that is not")}`);
}
