/**
 * What is kept of refused events as it lies in R2: objects of `quarantine/<day>/`, one sealed event a line. Rows of the
 * index (store.ts) go by an object and the number of a line.
 */
import type { Row } from "./rows.ts";

/** A line of an object: an event's id as it came, what is kept of it, sealed, and the identifier keys that it names. */
export interface SealedEvent {
  id: string;
  kept: string;
  subjects?: string[];
}

/** In place of one that was erased: rows go by the numbers of lines. */
export const ERASED_LINE = "null";

/** What is kept of some rows, by the row; a row whose object or line is gone is not in the map. */
export async function readKept(bucket: R2Bucket, rows: readonly Row[]): Promise<Map<Row, SealedEvent>> {
  const sealed = new Map<Row, SealedEvent>();
  const objects = [...Map.groupBy(rows, ({ object }) => object)];
  for (let i = 0; i < objects.length; i += PARALLEL) {
    await Promise.all(
      objects.slice(i, i + PARALLEL).map(async ([object, own]) => {
        const lines = (await (await bucket.get(object))?.text())?.split("\n") ?? [];
        for (const row of own) {
          const line = lines[row.line];
          if (line && line !== ERASED_LINE) sealed.set(row, JSON.parse(line) as SealedEvent); // written by storeRefusals
        }
      }),
    );
  }
  return sealed;
}
/** A Worker has six connections; one is left for others. */
const PARALLEL = 5;
