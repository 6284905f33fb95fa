/** What an event keeps of the address that it came from: nothing, or its network where the release asks for it. */
import { describe, expect, it } from "vitest";
import { enrich } from "#collect/enrich";
import { releaseSchema } from "#contracts/definitions/release";
import { enrichedContextSchema } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import type { RequestContext } from "#door/context";
import { deviceOf } from "#door/device";

function kept(ip: "drop" | "truncate", address: string | undefined, granted: readonly Purpose[], more = {}) {
  const policy = {
    regimes: { strict: { default: "denied" as const } },
    otherwise: "strict",
    minimise: { ip },
  };
  const context = {
    settings: { DEV: false },
    release: { version: 1, document: releaseSchema.parse({ policy }) },
    device: deviceOf(null),
  } as RequestContext; // what enrichment reads of it
  return enrichedContextSchema.parse(enrich({}, {}, context, undefined, granted, { address, ...more })).ip;
}

describe("an event's address", () => {
  it("is not kept by default", () => {
    expect(kept("drop", "203.0.113.7", ["analytics", "marketing", "personalization"])).toBeUndefined();
    const { policy } = releaseSchema.parse({
      policy: { regimes: { strict: { default: "denied" } }, otherwise: "strict" },
    });
    expect(policy.minimise.ip).toBe("drop");
  });
  it("is its network where the policy says truncate, for analytics and for marketing", () => {
    expect(kept("truncate", "203.0.113.7", ["analytics"])).toBe("203.0.113.0");
    expect(kept("truncate", "2001:db8:1:2::7", ["marketing"])).toBe("2001:db8:1::");
    expect(kept("truncate", "203.0.113.7", ["personalization"])).toBeUndefined();
  });
  it("is what a server says of the person, and no other text than an address", () => {
    expect(kept("truncate", "::ffff:203.0.113.7", ["analytics"], { fromServer: true })).toBe("203.0.113.0");
    expect(kept("truncate", undefined, ["analytics"], { fromServer: true })).toBeUndefined();
    expect(kept("truncate", "ida@example.com", ["analytics"], { fromServer: true })).toBeUndefined();
  });
});
