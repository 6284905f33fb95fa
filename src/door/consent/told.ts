/**
 * Marks of the strings that the door was told of a visitor, for their cookie: `<TCF>.<GPP>`, either may be empty. They
 * prove nothing and name nobody; the page compares them, and tells a stored string but once. Called by record.ts.
 */
import { fnv1a32 } from "#core/fnv";

/** Strings as `PUT /consent` takes them. */
export interface ToldStrings {
  tcf?: string | undefined;
  gpp?: string | undefined;
}

const markOf = (text: string): string => fnv1a32(text).toString(36);

/** The marks with these strings; undefined where there never were any. @param before the cookie's own marks */
export function marksOf({ tcf, gpp }: ToldStrings, before: string | undefined): string | undefined {
  const [ofTcf = "", ofGpp = ""] = before?.split(".") ?? [];
  const marks = [tcf === undefined ? ofTcf : markOf(tcf), gpp === undefined ? ofGpp : markOf(gpp)].join(".");
  return marks === "." ? undefined : marks;
}
