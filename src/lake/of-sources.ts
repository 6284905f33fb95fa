/** Whose events somebody may see who is limited to some sources. Pure; used by the live tail and the console's trace. */
import type { Receipt } from "#contracts/messages/receipt";

/**
 * Whether all that the door says of an event is of these sources. Where it says nothing, nobody knows whose event it is;
 * where two sources sent the same id, it is of both.
 * @param sources undefined: all
 */
export function isOfSources(receipts: readonly Receipt[], sources: readonly string[] | undefined): boolean {
  if (sources === undefined) return true;
  const doors = receipts.filter((receipt) => receipt.stage === "door");
  return doors.length > 0 && doors.every(({ source }) => sources.includes(source));
}
