/** What a visitor's browser sends by itself, and gets: the cookies and GPC that events, consent and slots read. */
import type { Parameter } from "./description.ts";

const cookie = (name: string, description: string): Parameter => ({
  name,
  in: "cookie",
  description,
  schema: { type: "string" },
});

/** All optional; forged, foreign or broken ones are as if absent. */
export const VISITOR_PARAMETERS: readonly Parameter[] = [
  cookie("ds_id", "The visitor's id, signed. Only with consent for a purpose."),
  cookie("ds_session", "The session, encrypted. Only with consent for analytics or personalization."),
  cookie("ds_consent", "The visitor's decision, signed; the page may read it."),
  {
    name: "Sec-GPC",
    in: "header",
    description: "Global Privacy Control: `1` is an opt-out where the regime honours it.",
    schema: { type: "string", enum: ["1"] },
  },
];

export const SETS_COOKIES = {
  "Set-Cookie": "`ds_id`, `ds_session` and `ds_consent`, as far as consent allows.",
};
