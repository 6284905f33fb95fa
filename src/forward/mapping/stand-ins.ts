/**
 * Stand-ins for what a dry run may not show: traits, which are sealed and stay so, and secrets. The mapping is given values
 * of the right shape, and what comes out names them: `<email>`, `<sha256 of email>`. Pure; used by dry-run.ts.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";

/** No address, number or name that anybody has. */
export const STAND_IN_TRAITS = {
  email: "trait-email@stand-in.example",
  phone: "+12025550143",
  customer_id: "trait-customer-id",
  first_name: "Traitfirstname",
  last_name: "Traitlastname",
  company: "Traitcompany",
} satisfies Traits;

/** For an operator who may not see which events are one person's. */
export function withoutPersons(event: DeliveryEvent): DeliveryEvent {
  const { session, click_ids, ip, ...context } = event.context;
  return {
    ...event,
    profile: "<profile>",
    consent: { ...event.consent, receipt: "<decision>", decidedAt: 0 },
    context: {
      ...context,
      ...(session && { session: { ...session, id: "<session>" } }),
      ...(typeof click_ids === "object" &&
        click_ids !== null && {
          click_ids: Object.fromEntries(Object.keys(click_ids).map((name) => [name, `<${name}>`])),
        }),
      ...(ip && { ip: "<ip>" }),
    },
  };
}

/** What stands for what: traits in whatever case, their hashes in the forms that vendors want, and secrets. */
export function naming(secrets: readonly string[]): (value: unknown) => unknown {
  const names = new Map<string, string>();
  for (const [trait, value] of Object.entries(STAND_IN_TRAITS)) {
    const forms = [
      value,
      value.toLowerCase(),
      value.replace(/\D/g, ""),
      value.replace(/[^a-z]/gi, "").toLowerCase(),
    ];
    for (const form of forms.filter((one) => one.length > 3)) {
      names.set(bytesToHex(sha256(utf8ToBytes(form))), `<sha256 of ${trait}>`);
      if (trait !== "email" || form.includes("@")) names.set(form.toLowerCase(), `<${trait}>`);
    }
  }
  for (const secret of secrets) if (secret.length > 3) names.set(secret.toLowerCase(), "<secret>");
  // The longest first: a number stands within the same with its plus.
  const all = [...names.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  const any = new RegExp(all.join("|"), "gi");
  const name = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replace(any, (found) => names.get(found.toLowerCase()) ?? found);
    if (Array.isArray(value)) return value.map(name);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, name(one)]));
  };
  return name;
}
