/** `/privacy/*`: who may ask, what everybody else is told, and what is refused before anything is done. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { readRequest } from "#subjects/store";
import { ALL, Browser, event, publishRelease, request } from "../product.ts";
import { ask, bodyOf, codeOf, email, OWN_PAGE, personWith, SERVER, statusIn, take } from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

const rowsOf = async () =>
  (await env.IDENTITY_0.prepare("SELECT COUNT(*) AS n FROM subject_requests").first<{ n: number }>())?.n;

describe("discovery", () => {
  it("says which identities, types and deadlines there are, and that only raw values will do", async () => {
    const response = await request("/privacy/discovery");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const said = (await response.json()) as {
      supported_identities: { identity_format: string }[];
      supported_subject_request_types: string[];
      deadlines: unknown;
    };
    expect(new Set(said.supported_identities.map((one) => one.identity_format))).toEqual(new Set(["raw"]));
    expect(said.supported_subject_request_types).toEqual(["access", "portability", "erasure", "opt_out"]);
    expect(said.deadlines).toMatchObject({ gdpr: { months: 1 }, ccpa: { days: 45 } });
  });
});

describe("a server with a secret key", () => {
  it("vouches for the person, and reads its own requests back", async () => {
    const body = bodyOf("access", [email("server@example.com")]);
    const made = await ask(body, SERVER);
    expect(made.status).toBe(201);
    expect(made.headers.get("cache-control")).toBe("private, no-store");
    expect(await statusIn(made)).toMatchObject({
      subject_request_id: body.subject_request_id,
      request_status: "in_progress",
      verification: "secret_key",
    });
    const again = await request(`/privacy/requests/${body.subject_request_id}`, { headers: SERVER });
    expect(again.status).toBe(200);
    expect(JSON.stringify(await again.json())).not.toContain("server@example.com");
  });

  it("names somebody; a write key vouches for nobody; a secret key in a browser is refused", async () => {
    expect(await codeOf(await ask(bodyOf("access", []), SERVER))).toBe("400 no_identities");
    const body = bodyOf("access", [email("w@example.com")]);
    expect(await codeOf(await ask(body, { authorization: "Bearer wk_demo" }))).toBe(
      "403 secret_key_required",
    );
    expect(await codeOf(await ask(body, { authorization: "Bearer nothing" }))).toBe("401 unknown_key");
    expect(await codeOf(await ask(body, { ...SERVER, ...OWN_PAGE }))).toBe("403 secret_key_in_browser");
  });

  it("nothing of the person is in the row in the clear", async () => {
    const body = bodyOf("access", [email("clear@example.com")]);
    await ask(body, SERVER);
    const row = await env.IDENTITY_0.prepare("SELECT * FROM subject_requests WHERE id = ?1")
      .bind(body.subject_request_id)
      .first();
    expect(JSON.stringify(row)).not.toContain("clear@example.com");
    expect(JSON.stringify(row)).toContain("email:1.");
  });
});

describe("anybody, with raw identities and no proof", () => {
  it("verified before anything is shown: the request waits, and is read back by nobody", async () => {
    const body = bodyOf("access", [email("waits@example.com")]);
    expect(await statusIn(await ask(body))).toMatchObject({
      request_status: "pending",
      verification: "none",
    });
    const id = body.subject_request_id;
    for (const headers of [{}, OWN_PAGE, SERVER]) {
      expect(await codeOf(await request(`/privacy/requests/${id}`, { headers }))).toBe("404 unknown_request");
      expect(await codeOf(await request(`/privacy/requests/${id}/results`, { headers }))).toBe(
        "404 unknown_request",
      );
    }
    expect((await readRequest(env.IDENTITY_0, id))?.status).toBe("pending");
  });

  it("is answered alike whether or not we know the person, after as many store operations", async () => {
    await personWith("known@example.com", ["purchase", "purchase"]);
    const counted = async (value: string) => {
      const seen: string[] = [];
      const asked = { verification: "none", madeBy: "anybody" } as const;
      await take("erasure", [email(value)], asked, counting(env.IDENTITY_0, seen));
      return seen;
    };
    const known = await counted("known@example.com");
    const unknown = await counted("unknown@example.com");
    expect(known.length).toBeGreaterThan(2);
    expect(unknown).toEqual(known);
    const shape = async (value: string) => {
      const response = await ask(bodyOf("erasure", [email(value)]));
      const said = (await response.json()) as Record<string, unknown>;
      return [response.status, [...response.headers.keys()].sort(), Object.keys(said), said.request_status];
    };
    expect(await shape("known@example.com")).toEqual(await shape("unknown@example.com"));
  });

  it("is answered as on the first day for ever: a repetition does not tell whether somebody was verified", async () => {
    const body = bodyOf("opt_out", [email("later@example.com")]);
    const first = await statusIn(await ask(body));
    const verified = await request(`/admin/api/subject-requests/${body.subject_request_id}/verify`, {
      method: "POST",
      headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
      body: JSON.stringify({ note: "called back" }),
    });
    expect(verified.status).toBe(200);
    expect(await statusIn(await ask(body))).toEqual(first);
  });

  it("a page of another site sends nothing", async () => {
    const body = bodyOf("access", [email("x@example.com")]);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect(await codeOf(await ask(body, headers))).toBe("403 cross_site");
  });
});

describe("a browser without identities", () => {
  it("asks about itself, and only from our own page", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const body = bodyOf("access", []);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect(await codeOf(await ask(body, { cookie, "sec-fetch-site": "cross-site" }))).toBe("403 cross_site");
    expect(await codeOf(await ask(body, { cookie, "sec-fetch-site": "same-site" }))).toBe("403 cross_site");
    expect(await codeOf(await ask(body, { cookie }))).toBe("403 cross_site");
    const made = await statusIn(await ask(body, { cookie, ...OWN_PAGE }));
    expect(made).toMatchObject({ request_status: "in_progress", verification: "browser" });
    const own = await request(`/privacy/requests/${body.subject_request_id}`, { headers: { cookie } });
    expect(own.status).toBe(200);
    const other = new Browser("SK");
    await other.consent(ALL);
    expect((await other.fetch(`/privacy/requests/${body.subject_request_id}`)).status).toBe(404);
  });

  it("without an id of ours there is nobody to ask about", async () => {
    expect(await codeOf(await ask(bodyOf("access", []), OWN_PAGE))).toBe("400 no_identities");
  });

  it("that asks to be erased loses our cookies with the answer", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    await browser.send([event("page_view")]);
    expect(browser.cookies.has("ds_id")).toBe(true);
    const response = await browser.fetch("/privacy/requests", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf("erasure", [])),
    });
    expect(response.status).toBe(201);
    for (const name of ["ds_id", "ds_session", "ds_consent"]) expect(browser.cookies.has(name)).toBe(false);
  });

  it("has one open request of a type at a time", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { cookie, ...OWN_PAGE };
    const first = bodyOf("access", []);
    await ask(first, headers);
    // However far its workflow has come meanwhile.
    await env.IDENTITY_0.prepare(
      "UPDATE subject_requests SET status = 'in_progress', version = version + 1 WHERE id = ?1",
    )
      .bind(first.subject_request_id)
      .run();
    expect(await codeOf(await ask(bodyOf("access", []), headers))).toBe("409 already_requested");
    expect((await ask(first, headers)).status).toBe(201);
  });
});

describe("bad input", () => {
  const good = () => bodyOf("access", [email("good@example.com")]);
  const cases: [string, unknown, string][] = [
    [
      "a hash is no identity",
      bodyOf("access", [{ ...email("a".repeat(64)), identity_format: "sha256" }]),
      "400 unsupported_identity_format",
    ],
    [
      "nor is one that is called raw",
      bodyOf("access", [email("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")]),
      "400 unsupported_identity_format",
    ],
    [
      "nor an MD5",
      bodyOf("access", [email("d41d8cd98f00b204e9800998ecf8427e")]),
      "400 unsupported_identity_format",
    ],
    [
      "10,000 identities are refused at once",
      bodyOf("access", Array(10_000).fill({ identity_type: "email" })),
      "413 too_many_identities",
    ],
    [
      "a placeholder names nobody",
      bodyOf("access", [{ identity_type: "user_id", identity_value: "undefined" }]),
      "400 invalid_identifier",
    ],
    [
      "an unknown type",
      bodyOf("access", [{ identity_type: "passport", identity_value: "1" }]),
      "400 invalid_body",
    ],
    ["no UUID", { ...good(), subject_request_id: "1" }, "400 invalid_body"],
    [
      "a UUID of version 1",
      { ...good(), subject_request_id: "c232ab00-9414-11ec-b3c8-9f6bdeced846" },
      "400 invalid_body",
    ],
    ["an unknown regulation", { ...good(), regulation: "none" }, "400 invalid_body"],
    ["no object", [], "400 invalid_body"],
    ["no JSON", "{", "400 invalid_json"],
    [
      "__proto__ among the identity's keys",
      `{"regulation":"gdpr","subject_request_id":"${crypto.randomUUID()}","subject_request_type":"access","submitted_time":"2026-11-22T10:00:00Z","subject_identities":[{"identity_type":"email","identity_value":"p@example.com","__proto__":{"identity_format":"sha256"}}]}`,
      "400 invalid_body",
    ],
    [
      "a password in a callback",
      { ...good(), status_callback_urls: ["https://u:p@hooks.example.com/"] },
      "400 unsafe_callback_url",
    ],
    [
      "a header after a callback",
      { ...good(), status_callback_urls: ["https://hooks.example.com/\r\nX-Admin: 1"] },
      "400 unsafe_callback_url",
    ],
    ["another scheme", { ...good(), status_callback_urls: ["javascript:alert(1)"] }, "400 invalid_body"],
  ];
  it.each(cases)("%s", async (_title, body, code) => {
    const before = await rowsOf();
    expect(await codeOf(await ask(body, SERVER))).toBe(code);
    expect(await rowsOf()).toBe(before);
  });

  it("a form, and a body that is too large", async () => {
    expect(await codeOf(await ask(good(), { ...SERVER, "content-type": "text/plain" }))).toBe(
      "415 unsupported_media_type",
    );
    expect(await codeOf(await ask({ ...good(), api_version: "x".repeat(600_000) }, SERVER))).toBe(
      "413 body_too_large",
    );
  });

  it("the same id with the same body is the same request; with another it is refused", async () => {
    const body = good();
    const first = await statusIn(await ask(body, SERVER));
    const again = await ask(body, SERVER);
    expect(again.status).toBe(201);
    expect((await statusIn(again)).subject_request_id).toBe(first.subject_request_id);
    const rows = await rowsOf();
    expect(await codeOf(await ask({ ...body, subject_request_type: "erasure" }, SERVER))).toBe(
      "409 request_exists",
    );
    expect(await rowsOf()).toBe(rows);
  });

  it("a request of somebody else and one that is not there are the same 404", async () => {
    const body = bodyOf("access", [email("mine@example.com")]);
    await ask(body, SERVER);
    const foreign = await request(`/privacy/requests/${body.subject_request_id}`);
    const missing = await request(`/privacy/requests/${crypto.randomUUID()}`);
    const odd = await request("/privacy/requests/%00");
    expect(await foreign.text()).toBe(await missing.text());
    expect([foreign.status, missing.status, odd.status]).toEqual([404, 404, 404]);
  });
});

/** A database that says what is asked of it, by the beginning of each statement. */
function counting(db: D1Database, seen: string[]): D1Database {
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        seen.push(`${String(name)} ${typeof given[0] === "string" ? given[0].trim().slice(0, 30) : ""}`);
        return (value as (...a: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}
