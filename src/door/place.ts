/** Where a request comes from, as far as the platform says; called by context.ts. */
import { fnv1a32 } from "#core/fnv";
import type { KnownVisitor } from "./visitor.ts";

export interface Place {
  /** ISO 3166-1 alpha-2, upper case; undefined where unknown. */
  country: string | undefined;
  /** Region code of the country, for example `CA`. */
  region: string | undefined;
}

const COUNTRY = /^[A-Z]{2}$/;
const DEV_PLACE = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

/** @param devCountry only in local development: says it instead, `US` or `US-CA` */
export function placeOf(request: Request, devCountry: string | undefined): Place {
  if (devCountry && DEV_PLACE.test(devCountry)) {
    const [country, region] = devCountry.split("-");
    return { country, region };
  }
  const { country, regionCode } = (request.cf ?? {}) as { country?: unknown; regionCode?: unknown };
  return {
    country: typeof country === "string" && COUNTRY.test(country) ? country : undefined,
    region: typeof regionCode === "string" ? regionCode : undefined,
  };
}

/** So long nothing is asked anew. */
const SAME_MS = 5 * 60_000;

/**
 * Where this visitor is, who was there a moment ago from the same address: to read what the platform says of a request takes
 * longer than to decide a slot. Undefined: it has to be read.
 */
export function placeBefore({ was }: KnownVisitor, headers: Headers, now: number): Place | undefined {
  if (!was) return undefined;
  const age = now - was.at;
  return age >= 0 && age < SAME_MS && was.address === addressMark(headers) ? was.place : undefined;
}

/** Remember it for `placeBefore`. */
export function keepPlace(visitor: KnownVisitor, headers: Headers, place: Place, now: number): void {
  const address = addressMark(headers);
  if (address !== undefined) visitor.was = { place, address, at: now };
}

/** Of an address only a hash is kept: that a visitor has another which agrees in it concerns nobody but them. */
function addressMark(headers: Headers): number | undefined {
  const address = headers.get("cf-connecting-ip");
  return address === null ? undefined : fnv1a32(address);
}
