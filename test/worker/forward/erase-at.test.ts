/** One destination's part of an erasure, in workerd: who is asked, with what, and for how long. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import type { ErasurePerson, Fetch } from "#forward/destinations/contract";
import { clientIdOf } from "#forward/destinations/ga4/map";
import { type EraseAtContext, eraseAt } from "#forward/erase-at";
import { reach } from "../../setup/reach.ts";

const NOW = 1_795_168_900_000;
const SECRETS: Record<string, string> = {
  HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  HUBSPOT_TOKEN: "pat",
  MASTER_SECRET: "not for a vendor",
};
const ida: ErasurePerson = {
  emails: ["ida@example.com"],
  phones: ["+421900000000"],
  userIds: ["u-77"],
  subjects: ["visitor_id:1.b", "visitor_id:1.a"],
};

interface Sent {
  url: string;
  redirect: string | undefined;
  id: string | null;
  body: Record<string, unknown>;
}
/** A vendor that gives this answer to everything, and keeps what it was sent. */
function vendor(answer: (sent: Sent) => Response | Promise<Response>) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    const text = String(init.body);
    const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : { form: text };
    const one = { url, redirect: init.redirect, id: new Headers(init.headers).get("webhook-id"), body };
    sent.push(one);
    return answer(one);
  };
  return { sent, fetch };
}
const confirms = () => Response.json({ status: "confirmed" });

const hook = (changes: Record<string, unknown> = {}) =>
  destinationSchema.parse({
    type: "webhook",
    queue: "crm",
    purposes: ["marketing"],
    settings: { url: "https://hooks.example.com/in", secret: { $secret: "HOOK" } },
    ...changes,
  });
const hookAt = (url: string) => hook({ settings: { url, secret: { $secret: "HOOK" } } });
const contextWith = (fetch: Fetch, changes: Partial<EraseAtContext> = {}): EraseAtContext => ({
  request: "request-1",
  secretOf: (name) => SECRETS[name],
  fetch,
  clock: () => NOW,
  allowInsecure: false,
  ...reach,
  ...changes,
});
const ask = (definition = hook(), fetch: Fetch = vendor(confirms).fetch, person = ida, changes = {}) =>
  eraseAt("hook", definition, person, contextWith(fetch, changes));

afterEach(() => vi.restoreAllMocks());

describe("a destination's part of an erasure", () => {
  it("reads settings and secrets as deliveries do, and follows no redirect", async () => {
    const { fetch, sent } = vendor(confirms);
    expect(await ask(hook(), fetch)).toEqual({ status: "confirmed" });
    expect(sent).toMatchObject([{ url: "https://hooks.example.com/in", redirect: "manual" }]);
    expect(sent[0]?.body).toMatchObject({ subjects: ["visitor_id:1.a", "visitor_id:1.b"] });
  });

  it("is asked of one that is disabled, which still holds what it was sent", async () => {
    const { fetch, sent } = vendor(confirms);
    expect(await ask(hook({ enabled: false }), fetch)).toEqual({ status: "confirmed" });
    expect(sent).toHaveLength(1);
  });

  it("has the same id at every attempt, and another for another request or destination", async () => {
    const { fetch, sent } = vendor(confirms);
    const shuffled = { ...ida, subjects: [...ida.subjects].reverse() };
    await ask(hook(), fetch);
    await ask(hook(), fetch, shuffled, { clock: () => NOW + 3_600_000 });
    await ask(hook(), fetch, ida, { request: "request-2" });
    await eraseAt("other", hook(), ida, contextWith(fetch));
    const ids = sent.map(({ id }) => id);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
    expect(sent[0]?.body.subjects).toEqual(sent[1]?.body.subjects);
  });

  it("names addresses only to one that serves marketing", async () => {
    const { fetch, sent } = vendor(confirms);
    await ask(hook(), fetch);
    await ask(hook({ purposes: ["analytics"] }), fetch);
    expect(sent[0]?.body.emails).toEqual(["ida@example.com"]);
    expect(JSON.stringify(sent[1])).not.toContain("ida@example.com");
  });

  it("is made in messages of a hundred identifiers, and is done when the last is", async () => {
    const subjects = Array.from({ length: 250 }, (_, n) => `visitor_id:1.${n}`);
    const { fetch, sent } = vendor(({ body }) =>
      (body.subjects as string[]).length === 50 ? new Response(null, { status: 202 }) : confirms(),
    );
    expect(await ask(hook(), fetch, { ...ida, subjects })).toEqual({ status: "requested" });
    expect(sent.flatMap(({ body }) => body.subjects).sort()).toEqual([...subjects].sort());
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(sent.filter(({ body }) => (body.emails as string[]).length > 0)).toHaveLength(1);
  });

  it("ends at its deadline, and is asked again", async () => {
    const fetch: Fetch = (_url, { signal }) =>
      new Promise((_, refuse) => signal?.addEventListener("abort", () => refuse(new Error("aborted"))));
    expect(await ask(hook(), fetch, ida, { deadlineMs: 20 })).toEqual({ status: "retry", code: "timeout" });
  });

  it.each([
    ["a secret that the Worker lacks", { $secret: "GONE" }, "secret_missing:GONE"],
    ["one of Doorstep's own secrets", { $secret: "MASTER_SECRET" }, "secret_missing:MASTER_SECRET"],
    ["a setting that does not hold", "short", "invalid_settings:secret"],
  ])("waits for a person where it has %s", async (_what, secret, code) => {
    const { fetch, sent } = vendor(confirms);
    const outcome = await ask(hook({ settings: { url: "https://hooks.example.com/in", secret } }), fetch);
    expect(outcome).toMatchObject({ status: "retry", code, afterSeconds: 3600 });
    expect(sent).toEqual([]);
  });

  it("fails where nobody knows the type any more", async () => {
    expect(await ask(hook({ type: "retired" }))).toEqual({ status: "failed", code: "unknown_type" });
  });

  it.each([
    ["https://127.0.0.1/", "ip_address"],
    ["https://2130706433/", "ip_address"],
    ["https://0x7f.1/", "ip_address"],
    ["https://１２７.0.0.1/", "ip_address"],
    ["https://[::ffff:7f00:1]/", "ip_address"],
    ["https://metadata.google.internal./", "local_name"],
    ["https://user@hooks.example.com/", "credentials_in_url"],
    ["https://hooks.example.com:25/", "port"],
    ["http://hooks.example.com/", "not_https"],
  ])("tells nobody at %s", async (url, detail) => {
    const { fetch, sent } = vendor(confirms);
    expect(await ask(hookAt(url), fetch)).toEqual({ status: "failed", code: "unsafe_url", detail });
    expect(sent).toEqual([]);
  });

  it("outlives a bug, and logs where it was without what it was about", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const broken = { ...ida, emails: [{ toString: () => "ida@example.com" }] as unknown as string[] };
    const hubspot = destinationSchema.parse({
      type: "hubspot",
      queue: "crm",
      purposes: ["marketing"],
      settings: { token: { $secret: "HUBSPOT_TOKEN" } },
    });
    expect(await ask(hubspot, vendor(confirms).fetch, broken)).toEqual({
      status: "retry",
      code: "internal_error",
    });
    expect(logged).toHaveBeenCalledOnce();
    expect(JSON.stringify(logged.mock.calls)).not.toContain("ida@");
    expect(JSON.stringify(logged.mock.calls)).toContain("at ");
  });
});

describe("GA4's part of an erasure", () => {
  it("signs for a token in workerd, and asks for every client id with it", async () => {
    // Both are typed for every algorithm and format: RSA keys come as a pair, PKCS #8 as bytes.
    const pair = (await crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: "SHA-256",
      },
      true,
      ["sign", "verify"],
    )) as CryptoKeyPair;
    const bytes = (await crypto.subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer;
    const pem = `-----BEGIN PRIVATE KEY-----\n${new Uint8Array(bytes).toBase64()}\n-----END PRIVATE KEY-----\n`;
    const account = JSON.stringify({ client_email: "a@b.iam.gserviceaccount.com", private_key: pem });
    const ga4 = destinationSchema.parse({
      type: "ga4",
      queue: "analytics",
      purposes: ["analytics"],
      settings: {
        measurement_id: "G-DEMO",
        api_secret: "s",
        property_id: "123456789",
        service_account: { $secret: "ACCOUNT" },
      },
    });
    const { fetch, sent } = vendor(({ url }) =>
      url.startsWith("https://oauth2.")
        ? Response.json({ access_token: "ya29.token" })
        : Response.json({ deletionRequestTime: "2026-11-20T10:01:40Z" }),
    );
    const outcome = await ask(ga4, fetch, ida, { secretOf: () => account });
    expect(outcome).toEqual({ status: "requested", detail: "within_two_months" });
    expect(sent[0]?.url).toBe("https://oauth2.googleapis.com/token");
    const form = new URLSearchParams(String(sent[0]?.body.form));
    const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
    const read = (part: string) => Uint8Array.fromBase64(part, { alphabet: "base64url" });
    expect(JSON.parse(new TextDecoder().decode(read(claims)))).toEqual({
      iss: "a@b.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/analytics.edit",
      aud: "https://oauth2.googleapis.com/token",
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    });
    const signed = new TextEncoder().encode(`${header}.${claims}`);
    expect(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", pair.publicKey, read(signature), signed)).toBe(
      true,
    );
    expect(sent.slice(1).map(({ url, body }) => [url, body.clientId])).toEqual(
      [...ida.subjects]
        .sort()
        .map((subject) => [
          "https://analyticsadmin.googleapis.com/v1alpha/properties/123456789:submitUserDeletion",
          clientIdOf(subject),
        ]),
    );
  });
});
