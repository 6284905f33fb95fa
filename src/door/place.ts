/** Where a request comes from, as far as the platform says; called by context.ts. */
import { fnv1a32 } from "#core/fnv";
import { recent } from "./recent.ts";
import { isIdle, type Session } from "./session.ts";

export interface Place {
  /** ISO 3166-1 alpha-2, upper case; undefined where unknown. */
  country: string | undefined;
  /** Region code of the country, for example `CA`. */
  region: string | undefined;
  /**
   * Mark of the address that is there; undefined: it is not known by one. A hash alone, since it goes into the session: that
   * a visitor has another address which agrees in it concerns nobody but them.
   */
  address: number | undefined;
}

const COUNTRY = /^[A-Z]{2}$/;
const DEV_PLACE = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

/** So long nothing is asked anew. */
const SAME_MS = 5 * 60_000;
/** By the mark of an address. Of that no more than another mark is held, for it to be told from others. */
const seen = recent<{ place: Place; at: number; secondMark: number }, number>(1_000);

/**
 * Where an address is: as the platform said a moment ago, or in the visitor's session that goes on, to this isolate or
 * another; else it is asked. To read what it says of a request takes longer than to decide a slot.
 * @param address undefined: nothing is held
 */
export function placeOf(
  request: Request,
  address: string | undefined,
  session: Session | undefined,
  now: number,
): Place {
  if (address === undefined) return askPlatform(request, undefined);
  const mark = fnv1a32(address);
  const secondMark = fnv1a32(`~${address}`);
  const known = seen.get(mark);
  const age = known?.secondMark === secondMark ? now - known.at : -1;
  if (known && age >= 0 && age < SAME_MS) return known.place;
  // Believed of this visitor; others at the address ask for themselves.
  if (session?.was?.address === mark && !isIdle(session, now)) return session.was;
  const place = askPlatform(request, mark);
  seen.keep(mark, { place, at: now, secondMark });
  return place;
}

function askPlatform(request: Request, address: number | undefined): Place {
  const { country, regionCode } = (request.cf ?? {}) as { country?: unknown; regionCode?: unknown };
  return {
    country: typeof country === "string" && COUNTRY.test(country) ? country : undefined,
    region: typeof regionCode === "string" ? regionCode : undefined,
    address,
  };
}

/** What a developer's cookie says instead, `US` or `US-CA`; undefined where it says none. */
export function placeIn(devCountry: string | undefined): Place | undefined {
  if (devCountry === undefined || !DEV_PLACE.test(devCountry)) return undefined;
  const [country, region] = devCountry.split("-");
  return { country, region, address: undefined };
}
