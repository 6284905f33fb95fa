/** A canary as visitors meet it in workerd: who is in it stays in it, and nothing but the pages depends on it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ReleaseInput } from "#contracts/definitions/release";
import { ingest } from "#ingest/ingest";
import { activeRelease, holdRelease } from "#release/active";
import { pickRelease } from "#release/pick";
import { featuresFor } from "#segments/purposes";
import type { EdgeSnapshot } from "#segments/snapshot";
import { readAtEdge } from "#segments/store";
import { accepted, deps, envelope, rows, visitor as visitorRef } from "../ingest/envelopes.ts";
import { ALL, Browser, event, RELEASE } from "../product.ts";
import { api, clear, offering } from "./desk.ts";

beforeEach(clear);

const publish = async (document: ReleaseInput, more: object = {}) =>
  expect(await api("POST", "/releases", { document, ...more })).toMatchObject({ status: 201 });

/** A browser that has an id. */
async function visitor(): Promise<Browser> {
  const browser = new Browser("SK");
  await browser.consent(ALL);
  await browser.send([event("page_view", { path: "/" })]);
  expect(browser.cookies.has("ds_id")).toBe(true);
  return browser;
}
async function offerFor(browser: Browser): Promise<unknown> {
  const response = await browser.fetch("/slots/hero", { headers: { accept: "application/json" } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { offer: unknown }).offer;
}

describe("a canary", () => {
  it("shows the candidate from the next request on, keeps whom it has, and promotion changes nothing for them", async () => {
    await publish(offering("old"));
    const browsers = await Promise.all(Array.from({ length: 12 }, visitor));
    const offers = async () => {
      const shown: unknown[] = [];
      for (const browser of browsers) shown.push(await offerFor(browser));
      return shown;
    };
    expect(new Set(await offers())).toEqual(new Set(["old"]));
    await publish(offering("new"), { share: 0.5 });
    const half = await offers();
    expect(new Set(half)).toEqual(new Set(["old", "new"]));
    expect(await offers()).toEqual(half);
    await api("POST", "/releases/share", { share: 0.8 });
    const more = await offers();
    for (const [n, offer] of half.entries()) if (offer === "new") expect(more[n]).toBe("new");
    await api("POST", "/releases/promote");
    expect(new Set(await offers())).toEqual(new Set(["new"]));
    await api("POST", "/releases/1/rollback");
    expect(new Set(await offers())).toEqual(new Set(["old"]));
  });

  it("shows the stable version to who has no id, also where the share is everybody", async () => {
    await publish(offering("old"));
    const known = await visitor();
    await publish(offering("new"), { share: 1 });
    expect(await offerFor(known)).toBe("new");
    expect(await offerFor(new Browser("US"))).toBe("old");
    await api("POST", "/releases/abort");
    expect(await offerFor(known)).toBe("old");
  });

  it("leaves consent as the stable version says", async () => {
    await publish(offering("old"));
    const open: ReleaseInput = {
      ...offering("new"),
      policy: { regimes: { all: { countries: ["SK"], default: "granted" } }, otherwise: "all" },
    };
    const known = await visitor();
    const undecided = new Browser("SK");
    await publish(open, { share: 1 });
    for (const browser of [known, undecided]) {
      const { regime } = (await (await browser.fetch("/consent")).json()) as { regime: string };
      expect(regime).toBe("gdpr");
    }
    expect(await offerFor(known)).toBe("new");
  });

  it("shows the stable version to who has withdrawn, though the request still carries the id", async () => {
    await publish(offering("old"));
    const browser = await visitor();
    await publish(offering("new"), { share: 1 });
    expect(await offerFor(browser)).toBe("new");
    const id = browser.cookies.get("ds_id") ?? "";
    await browser.consent({ analytics: "denied", marketing: "denied", personalization: "denied" });
    browser.cookies.set("ds_id", id);
    expect(await offerFor(browser)).toBe("old");
  });

  it("is not undone here by a copy of KV from before it, which is believed again once none can be so old", async () => {
    await publish(offering("old"));
    const before = (await env.EDGE.get("release:active")) ?? "";
    await publish(offering("new"), { share: 1 });
    await env.EDGE.put("release:active", before);
    const { candidate } = await activeRelease(env.EDGE, Date.now() + 40_000);
    expect(candidate?.version).toBe(2);
    expect((await activeRelease(env.EDGE, Date.now() + 200_000)).candidate).toBeUndefined();
  });

  it("is in memory as two documents, which stay the same objects through a larger share and a promotion", async () => {
    await publish(offering("old"));
    await publish(offering("new"), { share: 0.1 });
    const before = await activeRelease(env.EDGE, Date.now());
    await api("POST", "/releases/share", { share: 1 });
    const grown = await activeRelease(env.EDGE, Date.now());
    expect(grown.candidate?.document).toBe(before.candidate?.document);
    expect(grown.document).toBe(before.document);
    // Another isolate reads the same from KV.
    const read = await activeRelease(env.EDGE, Date.now() + 31_000);
    expect(read.candidate).toBe(grown.candidate);
    holdRelease(env.EDGE, { version: 9, document: before.document }, 0);
    const elsewhere = await activeRelease(env.EDGE, Date.now());
    expect(elsewhere).toEqual(grown);
    expect(pickRelease(elsewhere, "1.x")).toBe(elsewhere.candidate);
    await api("POST", "/releases/promote");
    expect((await activeRelease(env.EDGE, Date.now())).candidate).toBeUndefined();
  });
});

describe("what is kept of profiles during a canary", () => {
  const fans = (feature: object): ReleaseInput => ({
    ...offering("fans"),
    features: { carts: { event: "add_to_cart", agg: "count", ...feature }, ...RELEASE.features },
    segments: { ...RELEASE.segments, fans: { when: { carts: { $gte: 2 } } } },
    offers: { fans: { slot: "hero", content: "fans", audience: { segments: { $in: ["fans"] } } } },
  });
  const key = "visitor_id:1.candidate";
  const take = async (id: string) => {
    const event = accepted(id, "add_to_cart", [visitorRef("candidate")], { product: { id: "p" } });
    const release = await activeRelease(env.EDGE, Date.now());
    await ingest([envelope(`m-${id}`, [event])], await deps({ release }));
    return release;
  };
  const row = async () => (await rows()).get(key);

  it("counts what only the candidate asks about, from its beginning on and each event once, and a promotion finds it", async () => {
    await publish(RELEASE);
    const stable = await take("c0");
    expect((await row())?.facts).toBe("{}");
    await publish(fans({}), { share: 0 });
    await take("c1");
    const release = await take("c2");
    const [feature] = featuresFor(release.candidate?.document ?? stable.document, "personalization");
    const hash = feature?.hash ?? "";
    expect(JSON.parse((await row())?.facts ?? "")).toEqual({ [hash]: { n: { 0: 2 } } });
    const snapshot = JSON.parse((await row())?.snapshot ?? "") as EdgeSnapshot;
    expect(snapshot).toMatchObject({ segments: ["fans"], features: { [hash]: 2 }, pub: 1 });
    expect((await readAtEdge(env.EDGE, key)).snapshot?.features.get(hash)).toBe(2);
    await api("POST", "/releases/promote");
    await take("c3");
    expect(JSON.parse((await row())?.facts ?? "")).toEqual({ [hash]: { n: { 0: 3 } } });
  });

  it("counts an event once in a feature that both releases have", async () => {
    await publish(RELEASE);
    await publish(
      { ...RELEASE, features: { ...RELEASE.features, bought: { event: "purchase", agg: "count" } } },
      { share: 0.5 },
    );
    const event = accepted("both", "purchase", [visitorRef("both")], { value: 1 });
    const release = await activeRelease(env.EDGE, Date.now());
    await ingest([envelope("m-both", [event])], await deps({ release }));
    const facts = JSON.parse((await rows()).get("visitor_id:1.both")?.facts ?? "") as object;
    expect(Object.values(facts)).toContainEqual({ n: { 0: 1 } });
    expect(JSON.stringify(facts)).not.toContain('{"n":{"0":2}}');
  });
});
