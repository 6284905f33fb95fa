/** What a valid TC string allows: to the publisher, or to the vendor that the site's company is. */
import type { PurposeRestrictionVector, TCModel } from "@iabtechlabtcf/core";
import type { TcfPolicy } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import type { Says } from "./signal.ts";
import type { TcfShape } from "./tcf-shape.ts";

type Vendor = NonNullable<TcfPolicy["vendor"]>;

/** Storage on the device, and what profiles are made of and used for: by consent only, whatever a vendor declares. */
const CONSENT_ONLY: ReadonlySet<number> = new Set([1, 3, 4, 5, 6]);

/** Restrictions of a publisher. */
const NOT_ALLOWED = 0;
const REQUIRES_CONSENT = 1;

/** Each of our purposes is granted where all TCF purposes that it stands for are allowed. */
export function tcfSays(model: TCModel, shape: TcfShape, policy: TcfPolicy): Says {
  const { vendor } = policy;
  const allowed = vendor
    ? (purpose: number) => vendorMay(model, shape, vendor, purpose)
    : (purpose: number) => publisherMay(model, shape, purpose);
  const says: Says = {};
  for (const purpose of PURPOSES)
    says[purpose] = policy.purposes[purpose].every(allowed) ? "granted" : "denied";
  return says;
}

/**
 * The publisher has no legitimate interest here. Where its own segment and the core disagree, the stricter counts.
 * PurposeOneTreatment, "purpose 1 was not disclosed", is no consent: what the place asks for is the regime's business.
 */
const publisherMay = (model: TCModel, shape: TcfShape, purpose: number): boolean =>
  model.purposeConsents.has(purpose) && (!shape.publisher || model.publisherConsents.has(purpose));

function vendorMay(model: TCModel, shape: TcfShape, vendor: Vendor, purpose: number): boolean {
  if (shape.disclosedVendors && !model.vendorsDisclosed.has(vendor.id)) return false;
  switch (basisOf(model.publisherRestrictions, vendor, purpose)) {
    case "consent":
      return model.purposeConsents.has(purpose) && model.vendorConsents.has(vendor.id);
    case "interest":
      return model.purposeLegitimateInterests.has(purpose) && model.vendorLegitimateInterests.has(vendor.id);
    case undefined:
      return false;
  }
}

/**
 * The ground on which the vendor may work for a purpose, undefined: on none. A restriction to the other ground than the
 * declared one moves a flexible purpose there and forbids any other (note on RestrictionType in the specification).
 */
function basisOf(
  restrictions: PurposeRestrictionVector,
  vendor: Vendor,
  purpose: number,
): "consent" | "interest" | undefined {
  const consentOnly = CONSENT_ONLY.has(purpose);
  const forInterest = vendor.legitimateInterest.includes(purpose);
  if (!forInterest && !vendor.purposes.includes(purpose)) return undefined;
  const declared = !forInterest || consentOnly || vendor.purposes.includes(purpose) ? "consent" : "interest";
  const restriction: number | undefined = restrictions.getRestrictionType(vendor.id, purpose);
  if (restriction === undefined) return declared;
  if (restriction === NOT_ALLOWED) return undefined;
  const required = restriction === REQUIRES_CONSENT ? "consent" : "interest";
  if (required === declared) return declared;
  return vendor.flexible.includes(purpose) && !(consentOnly && required === "interest")
    ? required
    : undefined;
}
