/** Every destination's examples, run as its contract. */
import { describe, expect, it } from "vitest";
import { PURPOSES } from "#contracts/taxonomy";
import type { DestinationType } from "#forward/destinations/contract";
import { DESTINATION_EXAMPLES } from "#forward/destinations/examples";
import { DESTINATION_TYPES } from "#forward/destinations/registry";

describe.each(Object.entries<DestinationType>(DESTINATION_TYPES))("%s", (key, type) => {
  const examples = DESTINATION_EXAMPLES[key as keyof typeof DESTINATION_EXAMPLES];

  it("is registered by its name", () => {
    expect(type.name).toBe(key);
    expect(type.limits.batch).toBeGreaterThan(0);
  });

  it.each(examples)("$title", ({ event, traits = {}, settings, expect: expected }) => {
    expect(type.map(event, traits, type.settings.parse(settings))).toEqual(expected);
  });

  it("shows a mapped and, where it has reasons, a skipped event", () => {
    expect(examples.some((example) => example.expect.status === "mapped")).toBe(true);
  });

  it("shows what it receives where all was granted, and where marketing was denied", () => {
    const granted = examples.map(({ event }) => event.consent.granted);
    expect(granted.some((purposes) => PURPOSES.every((purpose) => purposes.includes(purpose)))).toBe(true);
    expect(granted.some((purposes) => !purposes.includes("marketing"))).toBe(true);
  });

  it("makes nothing of an event without consent for what it needs", () => {
    for (const { event, expect: expected } of examples)
      if (!type.needs.every((purpose) => event.consent.granted.includes(purpose)))
        expect(expected.status).toBe("skipped");
  });

  it("keeps no personal trait that it does not need", () => {
    if (type.needsPersonal) return;
    for (const { event, settings } of examples) {
      const traits = { email: "needle@example.com", first_name: "Needle", phone: "+421000needle" };
      expect(JSON.stringify(type.map(event, traits, type.settings.parse(settings)))).not.toMatch(/needle/i);
    }
  });
});
