/** How deep a parsed value is nested. JSON of some kilobytes can be nested so deep that whatever walks it overflows. */

/** Whether a value has more than this many levels of lists and objects. Goes no deeper itself. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeper(item, levels - 1)) return true;
    return false;
  }
  const record = value as Record<string, unknown>;
  for (const key in record) if (isDeeper(record[key], levels - 1)) return true;
  return false;
}
