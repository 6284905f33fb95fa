/** What the list of destinations and the page of one have in common: the figures of one, and how a cause and a time are shown. */
import type { ListedDestination } from "#forward/destination-view";
import { reasonInWords } from "../../wording.ts";
import { type Child, h } from "../dom.ts";
import { facts } from "../steps.ts";
import { timeOf } from "../time.ts";
import { lagOf, successOf } from "./state.ts";

/** As `GET /admin/api/failures/causes` lists them (src/forward/failures/store.ts). */
export interface Cause {
  destination: string;
  code: string;
  failures: number;
  /** Epoch ms. */
  last: number;
}

/** To the page of one. */
export const hrefOf = (key: string): string => `#/destinations/${encodeURIComponent(key)}`;

export const parkedInWords = ({ items, more }: ListedDestination["parked"]): Child[] => [
  h("b", {}, `${items}${more ? "+" : ""}`),
  " parked",
];

/** Throughput, lag, success, and what was last heard. */
export function figures(
  { status }: ListedDestination,
  more: readonly (readonly [string, Child])[] = [],
): Child {
  const { lastHour, lastDay, lastSuccessAt, lastError } = status;
  return facts([
    ...more,
    ["Last hour", lastHour && `${lastHour.delivered.toLocaleString()} delivered`],
    ["Last day", lastDay && `${lastDay.delivered.toLocaleString()} delivered`],
    ["Lag", lastHour && (lagOf(lastHour) ?? (lastDay && lagOf(lastDay)))],
    ["Success", successOf(lastDay)],
    ["Last success", lastSuccessAt !== undefined && timeIn(lastSuccessAt)],
    ["Last error", lastError && h("span", {}, reasonInWords(lastError.code), " · ", timeIn(lastError.at))],
  ]);
}

/** A moment with the whole of it as its tooltip. @param at epoch ms, or ISO */
export function timeIn(at: number | string): HTMLElement {
  const { shown, whole, iso } = timeOf(at);
  return h("time", { attrs: { datetime: iso, title: whole } }, shown);
}
