/**
 * The sections of a GPP string that are decoded by the IAB's library, one by one: its model of a whole string would bring
 * those for Europe and Canada along, which tcf.ts and gpp-canada.ts read.
 */
import {
  UsCa,
  UsCo,
  UsCt,
  UsDe,
  UsFl,
  UsIa,
  UsIn,
  UsKy,
  UsMd,
  UsMn,
  UsMt,
  UsNat,
  UsNe,
  UsNh,
  UsNj,
  UsOr,
  UsRi,
  UsTn,
  UsTx,
  UsUt,
  UsVa,
} from "@iabgpp/cmpapi";

/** One section, decoded when its first field is asked for. */
export interface UsSection {
  hasField(name: string): boolean;
  getFieldValue(name: string): unknown;
}

const CLASSES = [
  ...[UsNat, UsCa, UsVa, UsCo, UsUt, UsCt, UsFl, UsMt, UsOr, UsTx, UsDe, UsIa, UsNe, UsNh, UsNj, UsTn, UsMn],
  ...[UsMd, UsIn, UsKy, UsRi],
];

/** The national section and those of the states, by their id. */
export const US_SECTIONS: ReadonlyMap<number, { NAME: string; new (encoded: string): UsSection }> = new Map(
  CLASSES.map((section) => [section.ID, section]),
);
