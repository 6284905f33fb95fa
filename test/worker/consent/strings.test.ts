import { expect, it } from "vitest";
import { type ConsentString, readStrings } from "#consent/signals/strings";
import { tcfPolicySchema } from "#contracts/definitions/policy";

// Purposes 1, 3 and 4, of 1 June 2026, policy 5, with vendors disclosed; and an opt-out of sale in California.
const wanted: ConsentString[] = [
  { kind: "tcf", text: "CQlH_MAQlH_MAAKABBENB4FgALAAAAAAAAYgAAAAAAAA.IAtkQAAAAAAAAAAAAAIA" },
  { kind: "gpp", text: "DBABBg~BQQAAABA" },
];

it("the decoders load and read inside workerd, and at once the second time", async () => {
  const policy = tcfPolicySchema.parse({});
  const read = await readStrings(wanted, policy);
  expect(wanted.map(read)).toMatchObject([
    { says: { analytics: "denied", marketing: "granted", personalization: "denied" } },
    { name: "usca", says: { marketing: "denied" } },
  ]);
  expect(readStrings(wanted, policy)).toBeTypeOf("function");
  expect(readStrings([{ kind: "tcf", text: "C" }], policy), "nothing to load any more").toBeTypeOf(
    "function",
  );
});
