/** Two rows of one identifier under two versions of the look-up key: one person, whatever is linked to either. */
import { describe, expect, it } from "vitest";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import { settleVersions } from "#identity/rotate";
import { ingest } from "#ingest/ingest";
import { accepted, claim, deps, envelope, IDENTITY, proven, rows, visitor } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const take = async (x: string, ids: IdentifierRef[]) =>
  ingest(
    await settleVersions(IDENTITY, [
      envelope(x, [accepted(x, "purchase", ids, { order_id: x, value: 1, currency: "EUR" })]),
    ]),
    await deps(),
  );
describe("rows of one identifier under two versions", () => {
  it.each(["user_id", "customer_id", "email"])(
    "two rows of one %s are one profile, with what is linked to either",
    async (ns) => {
      await emptyStores();
      await take("x1", [proven(`${ns}:1.a`), proven("anonymous_id:1.d1")]);
      await take("x2", [proven(`${ns}:2.b`), proven("anonymous_id:2.d2")]);
      await take("x3", [{ key: `${ns}:3.c`, older: [`${ns}:2.b`, `${ns}:1.a`], proof: "source" }]);
      await take("x4", [
        { key: `${ns}:3.c`, older: [`${ns}:2.b`, `${ns}:1.a`], proof: "source" },
        proven("phone:1.p"),
      ]);
      const all = [...(await rows()).values()];
      expect(all.map((r) => r.key).sort()).toEqual(
        [`${ns}:1.a`, `${ns}:2.b`, "anonymous_id:1.d1", "anonymous_id:2.d2", "phone:1.p"].sort(),
      );
      expect(new Set(all.map((r) => r.profile)).size).toBe(1);
      await take("x5", [
        proven("user_id:1.other"),
        { key: `${ns}:3.c`, older: [`${ns}:2.b`, `${ns}:1.a`], proof: "source" },
      ]);
      const p = (await rows()).get("user_id:1.other")?.profile;
      if (ns === "user_id") expect(p).not.toBe(all[0]?.profile);
    },
  );
  it("an anonymous id of another browser stays theirs", async () => {
    await emptyStores();
    await take("x1", [visitor("a"), claim("anonymous_id:1.x")]);
    await take("x2", [visitor("b"), claim("anonymous_id:2.y")]);
    await take("x3", [
      visitor("a"),
      { key: "anonymous_id:2.y", older: ["anonymous_id:1.x"], proof: "claim" },
    ]);
    const r = await rows();
    expect(r.get("visitor_id:1.a")?.profile).toBe(r.get("anonymous_id:1.x")?.profile);
    expect(r.get("visitor_id:1.b")?.profile ?? "none").not.toBe(r.get("visitor_id:1.a")?.profile);
  });
});
