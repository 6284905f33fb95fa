/** What the receipt of a refused event keeps of what its sender wrote. */
import { expect, it } from "vitest";
import { refusalOf } from "../../../src/collect/refusal.ts";

const consent = {
  receipt: "r1",
  regime: "gdpr",
  granted: ["analytics" as const],
  grounds: { analytics: "cookie" },
  decidedAt: 1,
};
const refusal = (name: string) => ({
  id: "e1",
  name,
  status: "rejected" as const,
  code: "unknown_event",
  issues: [
    { path: `properties.fields.${name}`, message: `there is no contract for "${name.slice(0, 64)}"` },
    { path: "", message: "must be a number" },
  ],
});

it.each([
  ["+421 905 123 456", "[phone]"],
  ["ida@example.com", "[email]"],
  ["ida＠example.com", "[email]"],
  ["ida.berg.brno@example.com", "[email]"],
  [`${"x".repeat(50)} ida.berg@example.com`, `${"x".repeat(50)} [email]`],
  [`${"x".repeat(53)} ida@example.com`, `${"x".repeat(53)} [email]`],
  ["d41d8cd98f00b204e9800998ecf8427e", "[token]"],
])("a receipt's errors quote nothing personal of %j", (name, clean) => {
  const { issues } = refusalOf(refusal(name), consent, () => "new");
  expect(issues).toEqual([
    { path: `properties.fields.${clean}`, message: `there is no contract for "${clean}"` },
    { path: "", message: "must be a number" },
  ]);
});

it("without any consent it has no error, no name and no id of the sender's making", () => {
  const { id, name, issues } = refusalOf(
    { ...refusal("call Ida"), id: "ida@example.com" },
    { ...consent, granted: [] },
    () => "new",
  );
  expect({ id, name, issues }).toEqual({ id: "new", name: "(not kept)", issues: [] });
});
