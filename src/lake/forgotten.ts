/**
 * Browsers of persons who were erased, as the LiveTail object (live-tail.ts) remembers them: whoever comes back with an old
 * cookie is shown slots as anybody is, and no list is asked for it, but no receipt of it is kept. A row is a hash of the
 * identifier key, so that what is stored has nothing that leads to them.
 */

import type { Receipt } from "#contracts/messages/receipt";
import { fnv1a32 } from "#core/fnv";

export interface Forgotten {
  /** @param subjects identifier keys; those of browsers are remembered */
  add(subjects: readonly string[]): void;
  /** Whether a receipt names one of them. */
  isIn(receipt: Receipt): boolean;
}

export function forgottenIn(sql: SqlStorage): Forgotten {
  sql.exec("CREATE TABLE IF NOT EXISTS forgotten (browser TEXT PRIMARY KEY) WITHOUT ROWID");
  const known = new Set(
    [...sql.exec<{ browser: string }>("SELECT browser FROM forgotten")].map(({ browser }) => browser),
  );
  return {
    add(subjects) {
      const hashes = subjects.filter((key) => BROWSER.test(key)).map(hashOf);
      const fresh = hashes.filter((hash) => !known.has(hash));
      if (fresh.length === 0) return;
      sql.exec(
        "INSERT INTO forgotten (browser) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
        JSON.stringify(fresh),
      );
      for (const hash of fresh) known.add(hash);
    },
    isIn(receipt) {
      if (known.size === 0) return false;
      const named = namedIn(receipt);
      return named !== undefined && BROWSER.test(named) && known.has(hashOf(named));
    },
  };
}

/** Our own cookie's. */
const BROWSER = /^visitor_id:[^|]*$/;

/** 64 bits: two never meet by chance. */
const hashOf = (key: string): string => fnv1a32(key).toString(36) + fnv1a32(`~${key}`).toString(36);

/** The browser that a receipt names: of a slot, or of a visitor's own decision, which is shown as from its visitor. */
function namedIn(receipt: Receipt): string | undefined {
  if (receipt.stage === "slot") return receipt.visitor;
  return receipt.stage === "door" ? receipt.source : undefined;
}
