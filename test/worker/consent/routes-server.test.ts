/** `PUT /consent` with a secret key: what a server records for one of its people. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { createApp } from "../../../src/app.ts";
import { readSettings } from "../../../src/env.ts";
import { ALL, HOST, publishRelease, request } from "../product.ts";
import { CONSENT_RELEASE, ledger, rows, stateIn, TCF_ANALYTICS, tcfOf } from "./visitors.ts";

beforeAll(async () => void (await publishRelease(CONSENT_RELEASE)));

const SECRET = { authorization: "Bearer sk_demo" };
const put = (body: unknown, headers: Record<string, string> = SECRET) =>
  request("/consent", { method: "PUT", headers, body: JSON.stringify(body) });

const keyOf = async (namespace: IdentifierNamespace, value: string): Promise<string> => {
  const settings = readSettings(env);
  if (!settings.ok) throw new Error(settings.problems.join());
  return identifierKey((await keyring(settings.settings)).lookup, namespace, value);
};

describe("a server's decision", () => {
  it.each<[IdentifierNamespace, string, string]>([
    ["user_id", "u-1", "u-1"],
    ["email", " Ida@Example.com ", "ida@example.com"],
    ["phone", "+421 900 123 456", "+421900123456"],
    ["customer_id", "c-77", "c-77"],
  ])("for %s is in the ledger and binds the row, and sets no cookie", async (namespace, value, normal) => {
    const response = await put({
      subject: { namespace, value },
      purposes: { analytics: "granted", marketing: "denied" },
      evidence: { banner: "call-centre 4" },
      country: "SK",
    });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    const state = await stateIn(response);
    expect(state).toMatchObject({
      purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
      regime: "gdpr",
      explicit: true,
      ask: false,
      source: "server:web",
    });
    const key = await keyOf(namespace, normal);
    expect((await ledger()).find(({ id }) => id === state.receipt)).toMatchObject({
      subject: key,
      source: "server:web",
      evidence: "banner:call-centre 4",
    });
    expect((await rows()).get(key)).toMatchObject({ g: "a", r: state.receipt });
  });

  it("leaves what it does not name as it was", async () => {
    const subject = { namespace: "user_id", value: "u-2" };
    await put({ subject, purposes: ALL });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const state = await stateIn(await put({ subject, purposes: { marketing: "denied" } }));
    expect(state.purposes).toEqual({ analytics: "granted", marketing: "denied", personalization: "granted" });
  });

  it("of one who has not decided has the regime's default for the rest: the strictest, where no place is told", async () => {
    const decide = async (value: string, more: object) =>
      (
        await stateIn(
          await put({ subject: { namespace: "user_id", value }, purposes: { marketing: "denied" }, ...more }),
        )
      ).purposes;
    expect(await decide("u-3", {})).toEqual({
      analytics: "denied",
      marketing: "denied",
      personalization: "denied",
    });
    expect(await decide("u-4", { country: "US", region: "CA" })).toEqual({
      analytics: "granted",
      marketing: "denied",
      personalization: "granted",
    });
  });

  it("may come as a string", async () => {
    const state = await stateIn(
      await put({ subject: { namespace: "user_id", value: "u-5" }, tcf: tcfOf(TCF_ANALYTICS) }),
    );
    expect(state).toMatchObject({
      purposes: { analytics: "granted", marketing: "denied" },
      source: "server:web+tcf",
    });
  });

  it("binds the identifier under the keys of every version", async () => {
    const bindings = {
      ...env,
      MASTER_SECRET: "another-master-secret-0123456789abcdef",
      MASTER_SECRET_VERSION: "2",
      MASTER_SECRETS_BEFORE: JSON.stringify({ 1: env.MASTER_SECRET }),
    };
    const response = await createApp(bindings).request(
      `${HOST}/consent`,
      {
        method: "PUT",
        headers: SECRET,
        body: JSON.stringify({ subject: { namespace: "user_id", value: "u-6" }, purposes: ALL }),
      },
      bindings,
      { waitUntil: () => {}, passThroughOnException: () => {}, props: {} } as unknown as ExecutionContext,
    );
    expect(response.status).toBe(200);
    const { receipt } = await stateIn(response);
    const bound = [...(await rows())].filter(([, { r }]) => r === receipt).map(([key]) => key);
    expect(bound.map((key) => key.split(".")[0]).sort()).toEqual(["user_id:1", "user_id:2"]);
    expect(bound).toContain(await keyOf("user_id", "u-6"));
  });
});

describe("what may not", () => {
  const subject = { namespace: "user_id", value: "u-9" };
  it.each<[string, Record<string, string>, unknown, number, string]>([
    [
      "a public write key",
      { authorization: "Bearer wk_demo" },
      { subject, purposes: ALL },
      403,
      "secret_key_required",
    ],
    [
      "a key that is none",
      { authorization: "Bearer nope-nope" },
      { subject, purposes: ALL },
      401,
      "unknown_key",
    ],
    [
      "no key at all",
      { origin: HOST, "sec-fetch-site": "same-origin" },
      { subject, purposes: ALL },
      401,
      "missing_key",
    ],
    [
      "a secret key from a page",
      { ...SECRET, origin: HOST },
      { subject, purposes: ALL },
      403,
      "secret_key_in_browser",
    ],
    ["a secret key without a subject", SECRET, { purposes: ALL }, 400, "invalid_body"],
    [
      "our own visitor's id",
      SECRET,
      { subject: { namespace: "visitor_id", value: "x" }, purposes: ALL },
      400,
      "invalid_body",
    ],
    [
      "an address that is none",
      SECRET,
      { subject: { namespace: "email", value: "ida" }, purposes: ALL },
      400,
      "invalid_identifier",
    ],
    [
      "a placeholder",
      SECRET,
      { subject: { namespace: "user_id", value: "undefined" }, purposes: ALL },
      400,
      "invalid_identifier",
    ],
    ["a broken string", SECRET, { subject, tcf: "x" }, 400, "invalid_consent_string"],
  ])("%s", async (_title, headers, body, status, code) => {
    const before = (await ledger()).length;
    const response = await put(body, headers);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
    expect((await ledger()).length).toBe(before);
  });
});
