/**
 * Version strings as text that sorts like the versions: `1.2.10` after `1.2.9`, `1.0.0-rc.1` before `1.0.0`. For the
 * operators `$veq … $vlte` of the condition grammar (GrowthBook spec 0.8).
 */

/** The sortable form. Whatever is no version is `0`; a leading `v` and build data (`+…`) do not count. */
export function sortableVersion(value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  const version = typeof text === "string" && text !== "" ? text : "0";
  const parts = version.replace(/(^v|\+.*$)/g, "").split(/[-.]/);
  // "~" sorts after every letter, so that a plain major.minor.patch comes after all of its pre-releases.
  if (parts.length === 3) parts.push("~");
  return parts.map((part) => (/^\d+$/.test(part) ? part.padStart(5, " ") : part)).join("-");
}
