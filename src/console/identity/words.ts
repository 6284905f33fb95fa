/** Why evidence joins nothing, as a sentence: what previews and the queue of conflicts say. Pure. */
import { conflictInWords } from "../profile/words.ts";

/** @param reason of src/identity/partition.ts, or `proposal` */
export function explain(reason: string): string {
  const words = conflictInWords(reason);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
