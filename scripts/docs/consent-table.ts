/** The truth table of consent in docs/consent.md: first each conflict with its rule, then all rows that are run as tests. */
import { type Policy, type Regime, regimeSchema } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { type Answer, type TruthRow, truthPolicy, truthRows } from "../../test/unit/consent/truth/table.ts";
import { table } from "./markers.ts";

/** Conflict, what is decided, and the row of the table that shows it. */
const CONFLICTS: readonly [conflict: string, rule: string, row: string][] = [
  ["Global Privacy Control beside any grant", "marketing is denied, and nothing else", "SK cookie=all+ gpc"],
  [
    "Global Privacy Control, then an explicit grant while it is on",
    "the visitor's later word holds, as long as that decision does",
    "SK cookie=all+!gpc gpc",
  ],
  ["a denied string beside a granted cookie", "the denial", "SK cookie=all+ tcf=all-"],
  ["a denied cookie beside a granted string", "the denial", "SK cookie=none tcf=all+"],
  ["two strings, the newer denies", "the newer", "SK tcf=all+@9d tcf=all-@2d"],
  ["two strings, the newer grants", "the newer", "SK tcf=all-@9d tcf=all+@2d"],
  ["two strings of the same time", "both: a denial of either", "SK tcf=all+@2d tcf=all-@2d"],
  [
    "two strings, one from the future",
    "its denials count, its grants and its date do not",
    "SK tcf=all-@1d tcf=all+@-25h",
  ],
  [
    "two banners, one without a date",
    "both: a denial of either",
    "SK banner.onetrust=all+@? banner.cookiebot=all-@2d",
  ],
  ["a string that is not valid beside a granted cookie", "all is denied", "SK cookie=all+ tcf!malformed"],
  ["an event's object beside the visitor's cookie", "only what both grant", "SK cookie=all+ event=a-"],
  ["an event that grants more than the cookie", "only what both grant", "SK cookie=a+ event=m+"],
  [
    "a lapsed cookie beside a string",
    "the string; what the cookie denied stays denied",
    "SK cookie=a+@400d tcf=all+",
  ],
  [
    "a grant by a signal that the regime does not take",
    "the default; its denials count",
    "FR consent_mode=a-m+",
  ],
  ["a decision made where silence was consent", "grants nothing where it is not", "SK cookie=all+/us"],
];

export function consentTruth(): string {
  const rows = truthRows();
  const byKey = new Map(rows.map((row) => [`${row.place} ${row.signals}`, row]));
  const conflicts = CONFLICTS.map(([conflict, rule, key]) => {
    const row = byKey.get(key);
    if (!row) throw new Error(`the truth table has no row "${key}"`);
    return [conflict, rule, `\`${key}\``, ...answersOf(row)];
  });
  const groups = [...Map.groupBy(rows, ({ rule }) => rule)].map(
    ([rule, own]) =>
      `<details><summary>${rule} (${own.length})</summary>\n\n${table(
        ["place", "signals", ...PURPOSES],
        own.map((row) => [row.place, `\`${row.signals}\``, ...answersOf(row)]),
      )}\n\n</details>`,
  );
  return [
    table(["conflict", "what holds", "for example", ...PURPOSES], conflicts),
    `The ${rows.length} rows below are \`test/vectors/consent-truth.tsv\`, and each of them is a test. Their places and regimes:`,
    regimesOf(truthPolicy()),
    NOTATION,
    ...groups,
  ].join("\n\n");
}

const NOTATION =
  "In a row, `cookie` is the visitor's own decision, `event` an event's own statement, and the others are named as their kind. " +
  "`a+m-` grants analytics and denies marketing, `all+` grants all, `none` nothing; a cookie denies what it does not grant. `@9d` was decided " +
  "nine days ago (a day, if nothing is said), `@-2d` by a clock that is two days ahead, `@?` nobody knows when; `~5d` has lapsed five days " +
  "ago; `/us` was decided under that regime (`gdpr`, if nothing is said); `!malformed` is not valid, and why; `gpc` is Global Privacy " +
  "Control, and `!gpc` behind a cookie says that marketing was granted while it was on.";

const answersOf = ({ expected }: TruthRow): string[] =>
  PURPOSES.map((purpose) => answerOf(expected[purpose]));

const answerOf = ({ granted, ground }: Answer): string => `${granted ? "granted" : "denied"} (${ground})`;

function regimesOf({ regimes, otherwise, validityDays }: Policy): string {
  const rows = Object.entries(regimes).map(([key, regime]) => [
    `\`${key}\``,
    [...regime.countries, ...regime.regions].join(", ") +
      (key === otherwise ? ", and unknown or unlisted places" : ""),
    defaultsOf(regime),
    regime.honours.length === ALL_SIGNALS.length ? "all" : regime.honours.join(", "),
    `${regime.validityDays ?? validityDays} days`,
  ]);
  return table(["regime", "places", "default", "takes grants of", "a decision is good for"], rows);
}

const ALL_SIGNALS = regimeSchema.parse({ default: "denied" }).honours;

const defaultsOf = ({ default: answer }: Regime): string =>
  typeof answer === "string" ? answer : PURPOSES.map((purpose) => `${purpose} ${answer[purpose]}`).join(", ");
