/** A claim is not a proof: what may change in a contact of the CRM. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldClaims } from "#forward/destinations/hubspot/claims";
import type { HubspotBody } from "#forward/destinations/hubspot/map";
import { LIFECYCLE_STAGES, PROPERTIES, type Properties } from "#forward/destinations/hubspot/properties";

const says = (properties: Properties, about: Partial<HubspotBody> = {}): HubspotBody => ({
  email: "ida@example.com",
  profile: "mine",
  verified: false,
  occurredAt: 0,
  properties,
  ...about,
});
const present = (values: Properties) => ({ status: "present" as const, values });

describe("a claim", () => {
  it("creates a contact that does not exist, and keeps it up to date", () => {
    const { write, admitted } = foldClaims({ status: "absent" }, [
      says({
        firstname: "Ida",
        lifecyclestage: "lead",
        doorstep_profile: "mine",
        doorstep_last_event: "form_submit",
      }),
      says({ lifecyclestage: "customer", doorstep_profile: "mine", doorstep_last_event: "purchase" }),
    ]);
    expect(admitted).toEqual(["own", "own"]);
    expect(write).toEqual({
      firstname: "Ida",
      lifecyclestage: "customer",
      doorstep_profile: "mine",
      doorstep_last_event: "purchase",
    });
  });

  it("fills what is empty in somebody's record, and overwrites nothing", () => {
    const known = present({
      firstname: "Ida",
      phone: "",
      lifecyclestage: "customer",
      doorstep_profile: "theirs",
    });
    const item = says({
      firstname: "Eve",
      phone: "+1",
      lifecyclestage: "evangelist",
      doorstep_profile: "mine",
    });
    expect(foldClaims(known, [item])).toEqual({
      write: { phone: "+1" },
      admitted: ["written"],
    });
  });

  it("never makes itself look like the creator of a record", () => {
    const known = present({ firstname: "Ida" });
    const items = [
      says({ doorstep_profile: "mine", doorstep_last_event: "a" }),
      says({ doorstep_last_event: "b" }),
    ];
    expect(foldClaims(known, items)).toEqual({
      write: { doorstep_last_event: "a" },
      admitted: ["written", "claim_not_proven"],
    });
  });

  it("that changes nothing in somebody's record is not admitted", () => {
    const known = present({ firstname: "Ida" });
    expect(foldClaims(known, [says({ firstname: "Eve" })])).toEqual({
      write: {},
      admitted: ["claim_not_proven"],
    });
  });

  it("of the profile that created the record renews our properties and moves the stage forward only", () => {
    const known = present({
      firstname: "Ida",
      lifecyclestage: "customer",
      doorstep_profile: "mine",
      doorstep_last_event: "purchase",
    });
    const item = says({ firstname: "Eve", lifecyclestage: "lead", doorstep_last_event: "form_submit" });
    expect(foldClaims(known, [item])).toEqual({
      write: { doorstep_last_event: "form_submit" },
      admitted: ["own"],
    });
    const lead = present({ lifecyclestage: "lead", doorstep_profile: "mine" });
    expect(foldClaims(lead, [says({ lifecyclestage: "customer" })]).write).toEqual({
      lifecyclestage: "customer",
    });
  });

  it("writes nothing where the CRM did not say what it knows", () => {
    expect(foldClaims({ status: "unknown" }, [says({ firstname: "Eve" })])).toEqual({
      write: {},
      admitted: ["claim_not_proven"],
    });
  });

  it("does not outdo a proof of the same batch", () => {
    const { write } = foldClaims({ status: "absent" }, [
      says({ firstname: "Ida", doorstep_profile: "proved" }, { verified: true }),
      says({ firstname: "Eve", lastname: "Berg", doorstep_profile: "mine" }),
    ]);
    expect(write).toEqual({ firstname: "Ida", lastname: "Berg", doorstep_profile: "proved" });
  });
});

describe("a proof", () => {
  it("overwrites, but never moves the stage back", () => {
    const known = present({ firstname: "Old", lifecyclestage: "customer", doorstep_profile: "theirs" });
    const item = says(
      { firstname: "New", lifecyclestage: "lead", doorstep_profile: "mine" },
      { verified: true },
    );
    expect(foldClaims(known, [item]).write).toEqual({ firstname: "New", doorstep_profile: "mine" });
  });
});

it("whatever strangers claim, no value of an existing record is replaced", () => {
  const value = fc.constantFrom("", "a", "b", ...LIFECYCLE_STAGES);
  const properties = fc.record(Object.fromEntries(PROPERTIES.map((name) => [name, value])), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(properties, fc.array(properties, { maxLength: 6 }), (before, claims) => {
      const known: Properties = { ...before, doorstep_profile: "theirs" };
      const { write } = foldClaims(
        present(known),
        claims.map((claim) => says({ ...claim, doorstep_profile: "mine" })),
      );
      for (const name of PROPERTIES) {
        if (known[name] !== undefined && known[name] !== "") expect(write[name]).toBeUndefined();
      }
    }),
  );
});
