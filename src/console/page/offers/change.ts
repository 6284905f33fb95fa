/** Stopping an offer and starting it again, and whether it is on. Pure; used by the board. */
import type { Tone } from "../dom.ts";
import { momentInWords, nextWindows, stateAt } from "./schedule-words.ts";
import { type OfferInput, without } from "./shapes.ts";

/** What stopping does: the offer ends now. Its place, its history and its text stay. */
export const stop = (offer: OfferInput, now = Date.now()): OfferInput => ({
  ...offer,
  schedule: { ...offer.schedule, to: new Date(now).toISOString() },
});

/** The end is taken away; a schedule that says nothing more goes with it. */
export function startAgain(offer: OfferInput): OfferInput {
  const { to: _, ...rest } = offer.schedule ?? {};
  const saysMore = Object.keys(rest).some((name) => name !== "timezone");
  return without({ ...offer, schedule: saysMore ? rest : undefined }) as OfferInput; // absent is undefined
}

/** Whether it is on, of the schedule alone. */
export function onNow({ schedule }: OfferInput, now: number): readonly [Tone, string, string?] {
  const state = stateAt(schedule, now);
  if (state === "open") return ["good", "on now"];
  if (state === "ended") return ["quiet", "over"];
  const [next] = schedule ? nextWindows(schedule, now, 1) : [];
  if (state === undefined) return ["bad", "schedule cannot be read"];
  return next
    ? ["wait", "on later", momentInWords(next.from, schedule?.timezone ?? "UTC")]
    : ["quiet", "never on again"];
}
