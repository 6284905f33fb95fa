/** A claim is not a proof: what may change in a record of Salesforce, and how fields are written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fields } from "#forward/destinations/salesforce/fields";
import { foldRecord, type KnownRecord } from "#forward/destinations/salesforce/fold";
import type { SalesforceBody } from "#forward/destinations/salesforce/map";
import { rulesOf } from "#forward/destinations/salesforce/people";
import { salesforceSettings } from "#forward/destinations/salesforce/settings";

const rules = rulesOf(
  salesforceSettings.parse({ login_url: "https://a.my.salesforce.com", client_id: "a", client_secret: "s" }),
);
const says = (fields: Fields, about: Partial<SalesforceBody> = {}): SalesforceBody => ({
  key: "ida@example.com",
  profile: "mine",
  verified: false,
  occurredAt: 0,
  fields,
  ...about,
});
const proves = (fields: Fields, about: Partial<SalesforceBody> = {}) =>
  says(fields, { verified: true, ...about });
const present = (values: Fields): KnownRecord => ({ status: "present", id: "00Q", values });
const own = { Doorstep_Profile__c: "mine", LastName: "Berg", Company: "Fjell" };

describe("a claim", () => {
  it("makes a record that does not exist, and what follows in the batch is its own", () => {
    const { write, admissions } = foldRecord(
      { status: "absent" },
      [
        says({ FirstName: "Ida", Doorstep_Profile__c: "mine", Doorstep_Stage__c: "lead" }),
        says({ FirstName: "Eve", Doorstep_Profile__c: "mine", Doorstep_Stage__c: "customer" }),
        says({ FirstName: "Eve", Doorstep_Profile__c: "another" }, { profile: "another" }),
      ],
      rules,
    );
    expect(admissions).toEqual(["linked", "linked", "refused"]);
    expect(write).toEqual({
      FirstName: "Ida",
      Doorstep_Profile__c: "mine",
      Doorstep_Stage__c: "customer",
      LastName: "[not provided]",
      Company: "[not provided]",
    });
  });

  it("takes the place of a placeholder and of nothing else, and never says whose the record is", () => {
    const known = present({ LastName: "[not provided]", Company: "Fjell", FirstName: "Ida" });
    const claim = says({
      LastName: "Strand",
      Company: "Eve & Co.",
      FirstName: "Eve",
      Doorstep_Profile__c: "mine",
      Doorstep_Id__c: "x",
    });
    expect(foldRecord(known, [claim], rules)).toEqual({
      write: { LastName: "Strand" },
      admissions: ["filled"],
    });
  });

  it("of the profile that made the record renews what the edge knows, forward only", () => {
    const known = present({ ...own, Doorstep_Stage__c: "customer", Doorstep_Score__c: 40 });
    const claim = says({ LastName: "Strand", Doorstep_Stage__c: "lead", Doorstep_Score__c: 20 });
    expect(foldRecord(known, [claim], rules)).toEqual({
      write: { Doorstep_Score__c: 20 },
      admissions: ["linked"],
    });
  });
});

describe("a proof", () => {
  it("overwrites, fills a source that is empty, and moves a stage forward", () => {
    const known = present({ ...own, FirstName: "Old", LeadSource: "Fair", Doorstep_Stage__c: "lead" });
    const { write } = foldRecord(
      known,
      [proves({ FirstName: "New", LeadSource: "Web", Doorstep_Stage__c: "mql" })],
      rules,
    );
    expect(write).toEqual({ FirstName: "New", Doorstep_Stage__c: "mql" });
  });

  it("leaves a stage that sales have named in words of their own", () => {
    const known = present({ ...own, Doorstep_Stage__c: "Unqualified" });
    expect(foldRecord(known, [proves({ Doorstep_Stage__c: "customer" })], rules).write).toEqual({});
  });

  it("empties the segments of who is in none any more", () => {
    const known = present({ ...own, Doorstep_Segments__c: "reader" });
    expect(foldRecord(known, [proves({ Doorstep_Segments__c: "" })], rules).write).toEqual({
      Doorstep_Segments__c: null,
    });
  });

  it.each([
    ["overwrite", "new", { Note__c: "new" }],
    ["if_empty", "new", {}],
    ["append", "new;old", { Note__c: "old;new" }],
    ["never_backward", "new", {}],
  ] as const)("writes as a mapping says: %s", (mode, value, write) => {
    const item = proves({ Note__c: value }, { modes: { "fields.Note__c": mode } });
    expect(foldRecord(present({ ...own, Note__c: "old" }), [item], rules).write).toEqual(write);
  });

  it("never moves a moment back, in whichever form Salesforce tells it", () => {
    const known = present({ ...own, Doorstep_Last_Event_At__c: "2026-11-20T10:00:00.000+0000" });
    const at = (moment: string) =>
      foldRecord(known, [proves({ Doorstep_Last_Event_At__c: moment })], rules).write;
    expect(at("2026-11-20T09:59:59.000Z")).toEqual({});
    expect(at("2026-11-20T10:00:00.000Z")).toEqual({});
    expect(at("2026-11-20T10:00:01.000Z")).toEqual({ Doorstep_Last_Event_At__c: "2026-11-20T10:00:01.000Z" });
  });
});

it("whatever strangers claim, no value of an existing record is replaced", () => {
  const value = fc.constantFrom("", "a", "b", "lead", "customer", 1, 2, true, false, null, "[not provided]");
  const names = [
    "FirstName",
    "LastName",
    "Company",
    "Doorstep_Id__c",
    "Doorstep_Profile__c",
    "Doorstep_Stage__c",
    "Doorstep_Score__c",
    "HasOptedOutOfEmail",
    "Other__c",
  ];
  const fields = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  fc.assert(
    fc.property(fields, fc.array(fields, { maxLength: 6 }), (before, claims) => {
      const known = { ...before, Doorstep_Profile__c: "theirs" } as Fields;
      const { write } = foldRecord(
        present(known),
        claims.map((claim) => says(claim as Fields)),
        rules,
      );
      for (const [name, now] of Object.entries(known))
        if (now !== "" && now !== null && now !== "[not provided]") expect(write).not.toHaveProperty(name);
      expect(write).not.toHaveProperty("Doorstep_Id__c");
    }),
  );
});
