/**
 * Personal traits on their way to rest: opened from the ingress seal, cut to what is still granted, and put into the row
 * that owns them, each field sealed by itself under the subject's own key. Called by fold.ts.
 */
import type { Traits } from "#contracts/event";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { addTraits, storedTraits } from "#identity/golden/sealed";
import { createKey, type SubjectKeys, subjectKey } from "#identity/golden/subject-keys";
import type { IdentifierRow } from "#identity/graph";
import { valueServes } from "#identity/trait-purposes";
import { openIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";

/** What ingest knows of an event besides: its source, and what is still granted. */
interface From {
  source: string;
  granted: readonly Purpose[];
}

/**
 * Merge an event's sealed traits into a row. What the row has is not opened for that.
 * @throws Error `sealed_unreadable` where the event's seal does not open: it was changed; `subject_key_unreadable` where
 *   the key of the row's subject is there and does not open: another in its place would lose what it has sealed
 */
export async function mergeTraits(
  row: IdentifierRow,
  event: AcceptedEvent,
  keys: Keyring,
  subjects: SubjectKeys,
  { source, granted }: From,
): Promise<void> {
  if (event.sealed === undefined) return;
  const plain = await openIngress(keys.ingress, event.sealed, ["event", event.id]);
  if (plain === undefined) throw new Error("sealed_unreadable");
  const sent = JSON.parse(plain) as Traits; // sealed by the door after its schema was checked
  const fresh = Object.fromEntries(Object.entries(sent).filter(([field]) => valueServes(field, granted)));
  if (Object.keys(fresh).length === 0) return;
  const known = await subjectKey(row.key, keys, subjects);
  if (!known && subjects.wrapped.has(row.key)) throw new Error("subject_key_unreadable");
  // Without a key the subject was erased: what its old one had sealed is gone, and is not carried on.
  const stored = known ? await storedTraits(row, known) : {};
  const key = known ?? (await createKey(row.key, keys, subjects));
  await addTraits(row, stored, key, fresh, { at: event.occurredAt, source, event: event.id });
}
