/**
 * Faults that a test or the sandbox page arms: "the next N requests of this vendor fail so".
 * Faults of one vendor are used in the order in which they were armed. Held requests wait here until
 * the faults are cleared, and are then answered as failed: nothing that was held is ever processed.
 */
import { z } from "zod";

/** Every way in which a vendor can be made to fail. */
const FAULT_MODES = [
  "500",
  "429",
  "timeout",
  "reset",
  "partial",
  "unauthorized",
  "forbidden",
  "hold",
] as const;

/** The body of `POST /_faults`. `category` is the error category that `partial` gives HubSpot's failed items. */
export const faultRequest = z.strictObject({
  vendor: z.enum(["hubspot", "ga4", "meta", "posthog", "webhook", "salesforce"]),
  mode: z.enum(FAULT_MODES),
  count: z.int().min(1).max(10_000).default(1),
  category: z.string().min(1).max(60).optional(),
});

/** An armed fault; `remaining` counts down as requests use it. */
export type Fault = {
  vendor: z.infer<typeof faultRequest>["vendor"];
  mode: (typeof FAULT_MODES)[number];
  count: number;
  remaining: number;
  category?: string | undefined;
};

/** The armed faults and the requests held by them; see `createFaults`. */
export type Faults = {
  arm(request: z.infer<typeof faultRequest>): Fault;
  take(vendor: string): Fault | null;
  list(): { faults: Fault[]; held: Record<string, number> };
  hold(vendor: string, whenGone: (leave: () => void) => void): Promise<"released" | "gone">;
  clear(vendor?: string): { cleared: number; released: number };
};

/** No fault armed, nothing held. */
export function createFaults(): Faults {
  let armed: Fault[] = [];
  const held = new Map<() => void, string>();

  return {
    arm({ vendor, mode, count, category }) {
      const fault: Fault = { vendor, mode, count, remaining: count, category };
      armed.push(fault);
      return fault;
    },
    take(vendor) {
      const fault = armed.find((candidate) => candidate.vendor === vendor);
      if (fault === undefined) return null;
      fault.remaining -= 1;
      if (fault.remaining === 0) armed = armed.filter((candidate) => candidate !== fault);
      return fault;
    },
    list() {
      const counts: Record<string, number> = {};
      for (const vendor of held.values()) counts[vendor] = (counts[vendor] ?? 0) + 1;
      return { faults: armed, held: counts };
    },
    hold(vendor, whenGone) {
      return new Promise((resolve) => {
        const release = () => {
          held.delete(release);
          resolve("released");
        };
        held.set(release, vendor);
        whenGone(() => {
          if (held.delete(release)) resolve("gone");
        });
      });
    },
    clear(vendor) {
      const before = armed.length;
      armed = vendor === undefined ? [] : armed.filter((fault) => fault.vendor !== vendor);
      const releases = [...held].filter(([, heldVendor]) => vendor === undefined || heldVendor === vendor);
      for (const [release] of releases) release();
      return { cleared: before - armed.length, released: releases.length };
    },
  };
}
