/** The consent ledger in D1: append-only. */
import { PURPOSES } from "#contracts/taxonomy";
import type { ConsentChoice } from "./cookie.ts";

/** Append a decision. @param subject the visitor's identifier key @param evidence what said so */
export async function appendConsent(
  db: D1Database,
  subject: string,
  choice: ConsentChoice,
  source: string,
  evidence: string,
): Promise<void> {
  const purposes = Object.fromEntries(
    PURPOSES.map((p) => [p, choice.granted.includes(p) ? "granted" : "denied"]),
  );
  await db
    .prepare(
      "INSERT INTO consents (subject, given_at, id, purposes, regime, source, evidence, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(
      subject,
      choice.givenAt,
      choice.receipt,
      JSON.stringify(purposes),
      choice.regime,
      source,
      evidence,
      choice.expiresAt,
    )
    .run();
}
