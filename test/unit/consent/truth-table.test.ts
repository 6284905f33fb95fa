/** Every row of the truth table, and the table against the rules written a second time. */
import { describe, expect, it } from "vitest";
import { decideConsent } from "#consent/decide";
import { regimeOf } from "#consent/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { signalsOf } from "./truth/notation.ts";
import { expectedFor } from "./truth/oracle.ts";
import { type TruthRow, truthPolicy, truthRows } from "./truth/table.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const policy = truthPolicy();
const rows = truthRows();

const regimeKey = ({ place }: TruthRow): string => {
  const [country, region] = place === "?" ? [] : place.split("-");
  return regimeOf(policy, country, region).key;
};

/** `gdpr · tcf=all+ cookie=none · analytics denied (cookie), …`. */
const titleOf = (row: TruthRow): string => {
  const answers = PURPOSES.map((purpose) => {
    const { granted, ground } = row.expected[purpose];
    return `${purpose} ${granted ? "granted" : "denied"} (${ground})`;
  });
  return `${row.place} ${regimeKey(row)} · ${row.signals} · ${answers.join(", ")}`;
};

describe.each([...Map.groupBy(rows, ({ rule }) => rule)])("%s", (_rule, own) => {
  it.each(own.map((row) => [titleOf(row), row] as const))("%s", (_title, row) => {
    const { granted, grounds } = decideConsent(policy, signalsOf(row, NOW, policy));
    const decided = Object.fromEntries(
      PURPOSES.map((purpose) => [purpose, { granted: granted.includes(purpose), ground: grounds[purpose] }]),
    );
    expect(decided).toEqual(row.expected);
  });
});

describe("the table itself", () => {
  it("has at least 200 rows, none twice", () => {
    const named = new Set(rows.map(({ place, signals }) => `${place} ${signals}`));
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(named.size).toBe(rows.length);
  });
  it("says what the rules say that are written down a second time", () => {
    for (const row of rows)
      expect([titleOf(row), expectedFor(row, policy, NOW)]).toEqual([titleOf(row), row.expected]);
  });
  it("speaks of every regime, every kind of signal and both answers of each purpose", () => {
    expect(new Set(rows.map(regimeKey))).toEqual(new Set(Object.keys(policy.regimes)));
    const text = rows.map(({ signals }) => signals).join(" ");
    for (const kind of ["cookie", "tcf", "gpp", "gpc", "banner", "consent_mode", "event"])
      expect(text).toContain(kind);
    for (const purpose of PURPOSES)
      expect(new Set(rows.map(({ expected }) => expected[purpose].granted))).toEqual(new Set([true, false]));
  });
});
