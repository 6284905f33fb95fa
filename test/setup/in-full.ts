/** Attributes as plain data, all of them computed: for tests that compare them whole. */
export function inFull(attributes: Record<string, unknown>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const name in attributes) all[name] = attributes[name];
  return all;
}
