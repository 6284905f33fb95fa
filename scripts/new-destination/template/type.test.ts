/** What Acme Tool is sent, and what its answers mean. Its examples are run by examples.test.ts. */
import { describe, expect, it } from "vitest";
import { reach } from "../../../test/setup/reach.ts";
import { json, mappedOf, vendor } from "../../../test/unit/forward/items.ts";
import { acmeTool } from "./index.ts";
import type { AcmeToolBody } from "./map.ts";
import { acmeToolSettings } from "./settings.ts";

const settings = acmeToolSettings.parse({ token: "demo" });
const context = {
  settings,
  now: 1_795_168_900_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  ...reach,
};
const record = (id: string) =>
  mappedOf<AcmeToolBody>(id, {
    name: "purchase",
    email: `${id}@example.com`,
    time: "2026-11-20T10:00:00.000Z",
    properties: {},
  });
const results = (...all: object[]) => json(200, { results: all });
const TAKEN = { status: "taken" };

describe("Acme Tool", () => {
  it("takes records under the ids of their items, and has an answer for each", async () => {
    const { fetch, sent } = vendor(() => results(TAKEN, { status: "refused", code: "no_such_list" }));
    const outcomes = await acmeTool.send([record("a"), record("b")], { ...context, fetch });
    expect(outcomes).toEqual([{ status: "delivered" }, { status: "failed", code: "no_such_list" }]);
    expect(sent.map(({ url }) => url)).toEqual(["https://api.acme-tool.example/v1/records"]);
    expect(sent[0]?.headers.authorization).toBe("Bearer demo");
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({ records: [{ id: "a" }, { id: "b" }] });
  });

  it("refuses a request for one record: it alone fails", async () => {
    const { fetch } = vendor((request) =>
      request.body.includes("poison")
        ? json(400, {})
        : results(...request.body.matchAll(/"id"/g).map(() => TAKEN)),
    );
    const outcomes = await acmeTool.send([record("a"), record("poison"), record("c")], { ...context, fetch });
    expect(outcomes.map(({ status }) => status)).toEqual(["delivered", "failed", "delivered"]);
  });

  it.each([
    ["fewer results than records", () => results(), { status: "retry", code: "answer_unexpected" }],
    ["HTML", () => new Response("<html>"), { status: "retry", code: "answer_unexpected" }],
    ["a limit", () => json(429, {}, { "retry-after": "7" }), { status: "retry", afterSeconds: 7 }],
    ["a token that holds no more", () => json(401, {}), { status: "unauthorized" }],
  ])("answers with %s", async (_, answer, outcome) => {
    const outcomes = await acmeTool.send([record("a")], { ...context, fetch: vendor(answer).fetch });
    expect(outcomes).toEqual([expect.objectContaining(outcome)]);
  });

  it("gives its token to nobody else", async () => {
    const elsewhere = { ...settings, endpoint: "https://collector.example.com" };
    const { fetch, sent } = vendor();
    const outcomes = await acmeTool.send([record("a")], { ...context, settings: elsewhere, fetch });
    expect(outcomes).toEqual([{ status: "failed", code: "unsafe_url", detail: "foreign_host" }]);
    expect(sent).toEqual([]);
  });

  it("deletes each address once", async () => {
    const { fetch, sent } = vendor(() => new Response(null, { status: 204 }));
    const person = { emails: ["Ida@Example.com", "ida@example.com"], phones: [], userIds: [], subjects: [] };
    const outcome = await acmeTool.erase?.(person, { ...context, fetch, id: "erasure-1", personal: true });
    expect(outcome).toEqual({ status: "confirmed" });
    expect(sent.map(({ body }) => body)).toEqual(['{"email":"ida@example.com"}']);
  });

  it("says whether it takes the token", async () => {
    const health = (status: number) =>
      acmeTool.health({ ...context, fetch: vendor(() => json(status, {})).fetch });
    expect(await health(200)).toEqual({ status: "ok" });
    expect(await health(401)).toEqual({ status: "unauthorized", code: "http_401" });
  });
});
