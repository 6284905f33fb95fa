/**
 * Reads a string of the Transparency and Consent Framework, version 2.2 or 2.3: the cookie `euconsent-v2`, the parameter
 * `gdpr_consent`, section 2 of a GPP string. The library decodes; whether a string is valid at all is decided here, since
 * the library takes nearly anything. What is not valid denies all three purposes.
 *
 * | code | the string |
 * |---|---|
 * | `too_long` | has more than 8,192 characters; nothing of it was read |
 * | `malformed` | is no core string with at most one segment of each kind after it, or ends too early or too late |
 * | `tcf_version` | is of another encoding than 2 |
 * | `tcf_cmp` | names no consent manager (0 and 1 are none), or one that the policy does not list |
 * | `tcf_dates` | was never updated, or before it was created |
 * | `tcf_global_scope` | is not service specific; there is no other scope any more |
 * | `tcf_policy_version` | was created after 30 September 2023 under a policy older than 4 |
 * | `tcf_no_disclosed_vendors` | lacks that segment: it is of policy 5 or later, or from 28 February 2026 on |
 *
 * Nothing here knows what time it is: whether a string is from the future or has expired is for whoever weighs it.
 */
import { type TCModel, TCString } from "@iabtechlabtcf/core";
import type { TcfPolicy } from "#contracts/definitions/policy";
import { DAY_MS } from "#core/clock";
import { fingerprint } from "./evidence.ts";
import { invalidString, MAX_STRING_CHARS } from "./invalid-string.ts";
import type { Signal } from "./signal.ts";
import { tcfSays } from "./tcf-purposes.ts";
import { type TcfShape, tcfShape } from "./tcf-shape.ts";

/** From this moment on no string may be created under a policy older than 4. */
const TCF_2_2_ONLY = Date.UTC(2023, 9, 1);

/** From this day on a string says which vendors were disclosed. */
const TCF_2_3_ONLY = Date.UTC(2026, 1, 28);

/** Never throws. */
export function readTcf(text: string, policy: TcfPolicy): Signal {
  if (text.length > MAX_STRING_CHARS) return invalidString("tcf", text, "too_long");
  const shape = tcfShape(text);
  if (!shape) return invalidString("tcf", text, "malformed");
  if (shape.version !== 2) return invalidString("tcf", text, "tcf_version");
  const givenAt = shape.updated - (shape.updated % DAY_MS);
  const code = brokenRule(shape, policy);
  const model = code === undefined ? decode(text) : undefined;
  if (!model) return invalidString("tcf", text, code ?? "malformed", { givenAt });
  return {
    kind: "tcf",
    name: "",
    says: tcfSays(model, shape, policy),
    givenAt,
    expiresAt: givenAt + policy.maxAgeDays * DAY_MS,
    evidence: fingerprint(text),
  };
}

function brokenRule(shape: TcfShape, { cmps }: TcfPolicy): string | undefined {
  const { cmpId, created, updated, policyVersion } = shape;
  if (cmpId <= 1 || (cmps && !cmps.includes(cmpId))) return "tcf_cmp";
  if (updated === 0 || updated < created) return "tcf_dates";
  if (!shape.serviceSpecific) return "tcf_global_scope";
  if (policyVersion < 4 && created >= TCF_2_2_ONLY) return "tcf_policy_version";
  if (!shape.disclosedVendors && (policyVersion >= 5 || updated >= TCF_2_3_ONLY))
    return "tcf_no_disclosed_vendors";
  return undefined;
}

/** The shape was checked, yet the library has checks of its own, which throw what they like. */
function decode(text: string): TCModel | undefined {
  try {
    return TCString.decode(text);
  } catch {
    return undefined;
  }
}
