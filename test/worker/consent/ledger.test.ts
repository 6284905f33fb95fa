/** The ledger of consent in D1: what is written stays as it was written. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { appendConsent, type LedgerRow, readLedger } from "#consent/store";

const db = env.IDENTITY_0;
const SUBJECT = "visitor_id:1.a";
const ROW: LedgerRow = {
  subject: SUBJECT,
  givenAt: 1000,
  id: "r1",
  granted: ["analytics"],
  unsaid: ["personalization"],
  regime: "gdpr",
  source: "choice",
  evidence: "r1",
  expiresAt: 9000,
};

beforeEach(async () => {
  await db.prepare("DELETE FROM consents").run();
  await appendConsent(db, ROW);
});

const stored = () => readLedger(db, [SUBJECT], 10);

describe("the ledger is append-only", () => {
  it.each([
    "UPDATE consents SET purposes = '{}'",
    "UPDATE consents SET given_at = 1 WHERE id = 'r1'",
    "UPDATE OR REPLACE consents SET id = 'r2'",
    "UPDATE OR IGNORE consents SET id = 'r2'",
  ])("refuses %s", async (sql) => {
    await expect(db.prepare(sql).run()).rejects.toThrow("the ledger is append-only");
    expect(await stored()).toEqual([ROW]);
  });

  const values = `VALUES ('${SUBJECT}', 1000, 'r1', '{}', 'us', 'forged', 'none', 1)`;
  it.each([
    `INSERT OR REPLACE INTO consents ${values}`,
    `REPLACE INTO consents ${values}`,
    `INSERT INTO consents ${values} ON CONFLICT DO UPDATE SET purposes = excluded.purposes`,
    `INSERT INTO consents ${values}`,
  ])("leaves what is there as it is: %s", async (sql) => {
    await db.prepare(sql).run();
    expect(await stored()).toEqual([ROW]);
  });

  it("a refused change takes its whole transaction back", async () => {
    const both = [
      db.prepare(
        "INSERT INTO consents SELECT subject, 2000, 'r2', purposes, regime, source, evidence, 0 FROM consents",
      ),
      db.prepare("UPDATE consents SET evidence = ''"),
    ];
    await expect(db.batch(both)).rejects.toThrow("append-only");
    expect(await stored()).toEqual([ROW]);
  });

  it("takes the same decision once, and another one beside it", async () => {
    await appendConsent(db, { ...ROW, granted: [] });
    await appendConsent(db, { ...ROW, givenAt: 2000, id: "r2", granted: [] });
    expect((await stored()).map(({ id, granted }) => [id, granted])).toEqual([
      ["r2", []],
      ["r1", ["analytics"]],
    ]);
  });

  it("gives a person's rows up to an erasure", async () => {
    await appendConsent(db, { ...ROW, subject: "visitor_id:1.b" });
    await db.prepare("DELETE FROM consents WHERE subject = ?1").bind(SUBJECT).run();
    expect(await stored()).toEqual([]);
    expect(await readLedger(db, ["visitor_id:1.b"], 10)).toHaveLength(1);
  });
});
