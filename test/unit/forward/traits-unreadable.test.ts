/** Opened traits that are no JSON: they fail their own item, and not a character of them is logged or kept. */
import { afterEach, expect, it, vi } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { deliverGroup } from "#forward/deliver";
import { reach } from "../../setup/reach.ts";
import { itemOf, vendor } from "./items.ts";

afterEach(() => vi.restoreAllMocks());

it.each(["needle@example.com", '{"email":needle', '"needle"', "[]needle"])(
  "fail their item without a word of what they were: %s",
  async (opened) => {
    const said: unknown[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void said.push(words));
    const definition = destinationSchema.parse({
      type: "webhook",
      queue: "crm",
      purposes: ["marketing"],
      settings: { url: "https://hooks.example.com/", secret: { $secret: "HOOK" } },
    });
    const { fetch, sent } = vendor(() => new Response("ok"));
    const { settlements } = await deliverGroup([itemOf("bad", { sealed: "sealed" }), itemOf("good")], {
      definition,
      gate: { permit: async () => ({ granted: 2 }), pause: async () => {} },
      consent: new Map(),
      toldSince: async () => new Map(),
      secretOf: () => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      unseal: async () => opened,
      fetch,
      clock: () => 1_795_168_900_000,
      deadlineMs: 5_000,
      allowInsecure: false,
      ...reach,
    });
    expect(settlements).toEqual([{ status: "failed", code: "traits_unreadable" }, { status: "delivered" }]);
    expect(sent).toHaveLength(1);
    expect(JSON.stringify([settlements, said])).not.toContain("needle");
  },
);
