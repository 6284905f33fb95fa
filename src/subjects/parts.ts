/**
 * The answer to an access or portability request as it is kept: parts of it, each sealed under the request's own key, in
 * the order in which they are shown. A person may have more events than fit in memory at once.
 */
import type {
  AccessEvent,
  ExportDelivery,
  ExportHead,
  QuarantinedEvent,
} from "#contracts/messages/subject_export";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import { exportsOf } from "./work-state.ts";

export type Part =
  | { kind: "head"; head: ExportHead }
  | { kind: "events"; events: AccessEvent[] }
  | { kind: "deliveries"; deliveries: ExportDelivery[] }
  | { kind: "quarantined"; quarantined: QuarantinedEvent[] };

/** So that they are listed in this order. */
const ORDER = { head: 0, events: 1, deliveries: 2, quarantined: 3 } as const;

const nameOf = (kind: Part["kind"], n: number): string =>
  `part-${ORDER[kind]}-${kind}-${String(n).padStart(6, "0")}`;
const placeOf = (id: string, name: string): Place => ["subject_request", id, name];

/** Keep a part. The same number of the same kind overwrites itself. */
export async function keepPart(
  bucket: R2Bucket,
  key: VersionedKey,
  id: string,
  n: number,
  part: Part,
): Promise<void> {
  const name = nameOf(part.kind, n);
  await bucket.put(exportsOf(id) + name, await seal(key, JSON.stringify(part), placeOf(id, name)));
}

/** The parts of a request, in order. @throws Error where one does not open: half an answer is none */
export async function* readParts(bucket: R2Bucket, key: VersionedKey, id: string): AsyncGenerator<Part> {
  const prefix = `${exportsOf(id)}part-`;
  let startAfter: string | undefined;
  for (;;) {
    const page = await bucket.list({ prefix, ...(startAfter && { startAfter }) });
    for (const { key: object } of page.objects) {
      const name = object.slice(exportsOf(id).length);
      const sealed = await (await bucket.get(object))?.text();
      const text = sealed === undefined ? undefined : await open(key, sealed, placeOf(id, name));
      if (text === undefined) throw new Error("a part of an export does not open");
      yield JSON.parse(text) as Part; // written by keepPart
      startAfter = object;
    }
    if (!page.truncated) return;
  }
}
