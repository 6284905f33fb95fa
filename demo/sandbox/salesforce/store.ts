/** The org's records, in memory. Texts are compared without case, as Salesforce does; ids have 18 characters. */
import { OBJECTS } from "./org.ts";

/** A stored record: values by field, of a relationship the id that it points to. */
export type Stored = { id: string; object: string; values: Record<string, unknown> };

export type Store = {
  find(object: string, field: string, value: string): Stored[];
  byId(id: string): Stored | undefined;
  insert(object: string, values: Record<string, unknown>): Stored;
  remove(id: string): void;
  all(): Stored[];
  clear(): void;
};

const same = (a: unknown, b: string): boolean => typeof a === "string" && a.toLowerCase() === b.toLowerCase();

export function createStore(): Store {
  const records = new Map<string, Stored>();
  let last = 0;

  return {
    find: (object, field, value) =>
      [...records.values()].filter((record) => record.object === object && same(record.values[field], value)),
    byId: (id) => records.get(id),
    insert(object, values) {
      last += 1;
      const id = `${OBJECTS[object]?.prefix}${String(last).padStart(12, "0")}AAA`;
      const record = { id, object, values };
      records.set(id, record);
      return record;
    },
    remove: (id) => void records.delete(id),
    all: () => [...records.values()],
    clear: () => records.clear(),
  };
}
