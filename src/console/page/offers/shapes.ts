/** Definitions as these pages hold them: as people write them, before defaults; and what is safe to assume of a draft's. */
import type { ReleaseInput } from "#contracts/definitions/release";

export type OfferInput = NonNullable<ReleaseInput["offers"]>[string];
export type SlotInput = NonNullable<ReleaseInput["slots"]>[string];
export type ContentInput = NonNullable<ReleaseInput["content"]>[string];
export type ScheduleInput = NonNullable<OfferInput["schedule"]>;
export type CapInput = NonNullable<OfferInput["caps"]>[number];
export type MessageInput = NonNullable<ContentInput["message"]>;

/** What a key may be, as contracts/definitions/release.ts has it. */
export const KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** What somebody types as a name, made into a key. */
export const keyOf = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+/, "")
    .slice(0, 64);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown): boolean => value === undefined || typeof value === "string";
const isNumber = (value: unknown): boolean => value === undefined || typeof value === "number";

/** The value as an offer that the form can show; undefined: it is edited as JSON. */
export function offerOf(value: unknown): OfferInput | undefined {
  if (!isObject(value)) return undefined;
  const { slot, content, audience, priority, score, schedule, caps, exclusionGroup, description } = value;
  const fits =
    typeof slot === "string" &&
    typeof content === "string" &&
    (audience === undefined || isObject(audience)) &&
    isNumber(priority) &&
    [score, exclusionGroup, description].every(isText) &&
    (schedule === undefined || isSchedule(schedule)) &&
    (caps === undefined || (Array.isArray(caps) && caps.every(isCap)));
  return fits ? (value as OfferInput) : undefined; // just looked at
}

function isSchedule(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { from, to, timezone, days, hours } = value;
  return (
    [from, to, timezone].every(isText) &&
    (days === undefined || (Array.isArray(days) && days.every((day) => typeof day === "string"))) &&
    (hours === undefined ||
      (isObject(hours) && typeof hours.from === "string" && typeof hours.to === "string"))
  );
}

const isCap = (value: unknown): boolean =>
  isObject(value) && typeof value.count === "number" && typeof value.per === "string";

/** The value as a slot that the form can show. */
export function slotOf(value: unknown): SlotInput | undefined {
  if (!isObject(value)) return undefined;
  const { kind, fallback, budgetMs, holdout, rankBy, minHeight, description } = value;
  const fits =
    [kind, rankBy, description].every(isText) &&
    (fallback === null || isText(fallback)) &&
    [budgetMs, holdout, minHeight].every(isNumber);
  return fits ? (value as SlotInput) : undefined; // just looked at
}

/** The value as content that the form can show. */
export function contentOf(value: unknown): ContentInput | undefined {
  if (!isObject(value)) return undefined;
  const { html, template, message, locales } = value;
  const fits =
    isText(html) &&
    (template === undefined || typeof template === "boolean") &&
    (message === undefined || isObject(message)) &&
    (locales === undefined || (isObject(locales) && Object.values(locales).every(isObject)));
  return fits ? (value as ContentInput) : undefined; // just looked at
}

/** An object without what says nothing: `undefined`. The order of what stays is kept. */
export function without<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T; // absent is undefined
}

/** Offers of a slot in the order in which they are tried, as far as it does not depend on the visitor. */
export const inOrder = (
  offers: Readonly<Record<string, OfferInput>>,
  slot: string,
): (readonly [key: string, offer: OfferInput])[] =>
  Object.entries(offers)
    .filter(([, offer]) => offer.slot === slot)
    .sort(([a, one], [b, other]) => (other.priority ?? 0) - (one.priority ?? 0) || (a < b ? -1 : 1));
