/**
 * Durable Objects: the Worker's own classes, each object over a SQLite of its own in memory. A call is a request; the
 * time that it takes is assumed, because no time passes here.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { CpuMeter } from "./cpu.ts";
import type { Meter } from "./meter.ts";

/** How long an object is busy with one call, in wall-clock seconds; all of ours only compute and write one row. */
export const ASSUMED_SECONDS_PER_CALL = 0.005;
/** An object is billed as if it had all of its 128 MB. */
const GB_PER_OBJECT = 0.125;

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** A namespace of one class. @param Class as src/ exports it: `new (ctx, env)` */
export function objectNamespace<T>(
  Class: unknown,
  meter: Meter,
  cpu: CpuMeter,
): DurableObjectNamespace & { stub?: T } {
  const Constructor = Class as new (ctx: unknown, env: unknown) => Methods; // Our classes are plain ones in Node.
  const objects = new Map<string, Methods>();
  const namespace = {
    idFromName: (name: string) => name,
    get(name: string) {
      const object = objects.get(name) ?? new Constructor({ storage: storage(meter) }, {});
      objects.set(name, object);
      return new Proxy(object, {
        get:
          (target, method) =>
          async (...args: unknown[]) => {
            meter.add("objectRequests");
            meter.add("objectGbSeconds", ASSUMED_SECONDS_PER_CALL * GB_PER_OBJECT);
            // The object's CPU is billed as its duration; what goes in and out is copied, as by RPC.
            return cpu.outside(async () => {
              const result = target[String(method)]?.call(target, ...structuredClone(args));
              return structuredClone(await result);
            });
          },
      });
    },
  };
  return namespace as unknown as DurableObjectNamespace; // Only what src/ uses of it is there.
}

function storage(meter: Meter) {
  const database = new DatabaseSync(":memory:");
  const values = new Map<string, unknown>();
  return {
    sql: {
      exec(sql: string, ...bound: SQLInputValue[]) {
        const statement = database.prepare(sql);
        if (/^\s*select/i.test(sql)) {
          const rows = statement.all(...bound);
          meter.add("objectRowsRead", rows.length);
          return rows;
        }
        // No table of ours in an object has an index besides its key: a changed row is one row written.
        const { changes } = statement.run(...bound);
        meter.add("objectRowsWritten", /^\s*create/i.test(sql) ? 0 : Number(changes));
        return [];
      },
    },
    setAlarm() {
      meter.add("objectRowsWritten");
      return Promise.resolve();
    },
    kv: {
      get(key: string) {
        meter.add("objectRowsRead");
        return values.get(key);
      },
      put(key: string, value: unknown) {
        meter.add("objectRowsWritten");
        values.set(key, value);
      },
    },
  };
}
