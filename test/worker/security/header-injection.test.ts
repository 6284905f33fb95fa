/** What a client sends never ends a header of an answer, nor begins another one. */
import { beforeAll, describe, expect, it } from "vitest";
import { ALL, Browser, event, HOST, publishRelease, RELEASE, request } from "../product.ts";

/** As they may stand in an address, a cookie or a JSON value: raw where that is possible, and percent-encoded. */
const ENDS = [
  "%0d%0aset-cookie:%20planted=1",
  "%0aset-cookie:%20planted=1",
  "%0d%0a%0d%0a<script>planted</script>",
  "%E5%98%8A%E5%98%8Dset-cookie:%20planted=1", // U+560A U+560D: CR and LF where only the low byte is kept
  "%u000aset-cookie:planted=1",
  "\u2028set-cookie: planted=1",
  "\u0085set-cookie: planted=1",
  "ö; planted=1",
];
const hero = { fallback: "plain" };
const document = { ...RELEASE, slots: { hero }, content: { plain: { html: "<p>Hello</p>" } } };

beforeAll(async () => void (await publishRelease(document)));

/** Fails where an answer carries a header or a cookie that the client made up. */
async function checkHeaders(response: Response): Promise<void> {
  const names = [...response.headers.keys()];
  expect(names).not.toContain("planted");
  for (const [name, value] of response.headers) {
    expect(`${name}: ${value}`).not.toMatch(/planted/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: line ends and others are what is looked for
    expect(value).not.toMatch(/[\u0000-\u001f\u007f-\uffff]/);
  }
  expect(response.status).toBeLessThan(500);
  await response.body?.cancel();
}

describe("no answer repeats a line end in a header", () => {
  it.each(ENDS)("of the path and the query: %j", async (end) => {
    const paths = [
      `/slots/${end}`,
      `/slots/hero?explain=${end}`,
      `/consent/page?saved=${end}`,
      `/v1/projects/${end}/settings`,
      `/sourceConfig?writeKey=${end}`,
      `/contracts/${end}/${end}`,
      `/i?e=pv&p=web&aid=${end}`,
      `/g/collect?v=2&tid=${end}&en=${end}`,
      `/admin/api/trace/${end}`,
      `/privacy/requests/${end}`,
      `/${end}`,
    ];
    for (const path of paths) await checkHeaders(await request(path, { redirect: "manual" }));
  });

  it.each(ENDS)("of a cookie: %j", async (end) => {
    for (const name of ["ds_id", "ds_session", "ds_consent", "_ga", "ajs_anonymous_id", "euconsent-v2"]) {
      const browser = new Browser("SK");
      await browser.consent(ALL);
      // Cookies are bytes; what is no Latin-1 could not be sent at all.
      browser.cookies.set(name, encodeURI(end));
      await checkHeaders(await browser.send([event("page_view")]));
      await checkHeaders(await browser.fetch("/consent"));
      await checkHeaders(await browser.fetch("/slots/hero"));
    }
  });

  it.each(ENDS)("of a body: %j", async (end) => {
    const text = decodeURIComponent(end.replace("%u", "u"));
    const bodies: [string, unknown][] = [
      ["/events", { write_key: text, events: [{ ...event("page_view"), id: text }] }],
      [
        "/events",
        { write_key: "wk_demo", events: [{ ...event(text), id: text, context: { page: { url: text } } }] },
      ],
      ["/v1/track", { writeKey: "wk_demo", event: text, anonymousId: text, messageId: text }],
      ["/slots", { slots: [text] }],
      ["/consent", { purposes: ALL, evidence: { banner: text } }],
    ];
    for (const [path, body] of bodies) {
      const method = path === "/consent" ? "PUT" : "POST";
      await checkHeaders(await new Browser("SK").fetch(path, { method, body: JSON.stringify(body) }));
    }
  });

  it("of an origin: only one that is on a source's list is repeated, as it is on the list", async () => {
    for (const origin of [
      "https://app.example",
      "https://evil.example",
      "null",
      "https://app.example.evil.example",
    ]) {
      const headers = { origin, "content-type": "text/plain" };
      const body = JSON.stringify({ write_key: "wk_demo", events: [event("page_view")] });
      const response = await request("/events", { method: "POST", headers, body });
      const allowed = response.headers.get("access-control-allow-origin");
      expect(allowed).toBe(origin === "https://app.example" ? origin : null);
      const asked = await request("/events", { method: "OPTIONS", headers: { origin } });
      expect(asked.headers.get("access-control-allow-origin")).toBe(
        origin === "https://app.example" ? origin : null,
      );
      await checkHeaders(response);
    }
  });

  it("of a challenge: it says the scheme and the realm, whatever was sent", async () => {
    for (const authorization of ['Bearer a", error="planted', "Basic cGxhbnRlZDo=", "planted"]) {
      const response = await request("/admin/api/me", { headers: { authorization } });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([
        401,
        'Bearer realm="doorstep"',
      ]);
      await checkHeaders(response);
      await checkHeaders(
        await request("/events", { method: "POST", headers: { authorization }, body: "{}" }),
      );
    }
  });
});

it("a name in a release that could end a header is refused when it is published", async () => {
  for (const end of ENDS) {
    const offers = { [end]: { slot: "hero", content: "plain" } };
    await expect(publishRelease({ ...document, offers })).rejects.toThrow("publish: 422");
  }
  const answer = await request("/slots/hero", { headers: { accept: "text/html", origin: HOST } });
  expect(await answer.text()).toBe("<p>Hello</p>");
});
