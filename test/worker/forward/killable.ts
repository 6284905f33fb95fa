/**
 * An isolate that dies at its nth await: whatever it asks of a store, a queue, an object or a vendor is counted, and at
 * the chosen one, before or after it was done, everything stops for good. What was written by then stays, as on the
 * platform; what it would have written never is.
 */
import type { DeliveryContext } from "#forward/consumer";

export interface Isolate {
  context: DeliveryContext;
  /** Awaits so far: all, and those that change something elsewhere. */
  awaits(): Awaits;
  /** Resolves when it has died. */
  died: Promise<void>;
}

export interface Awaits {
  before: number;
  after: number;
}

/** What changes nothing elsewhere: to die after it is to die before the next await. */
const READS = ["get", "list", "status", "alarms", "currentConsent"];

/**
 * @param dies at which await, from 1; 0: never
 * @param when whether what it awaited then was done: `after` is counted over what changes something
 */
export function isolateOf(given: DeliveryContext, dies: number, when: "before" | "after"): Isolate {
  const awaits: Awaits = { before: 0, after: 0 };
  let isDead = false;
  const dead = Promise.withResolvers<void>();
  const never = () => new Promise<never>(() => {});

  const counted = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (isDead) return never();
    awaits.before++;
    const isRead = READS.includes(name);
    if (!isRead) awaits.after++;
    const isLast = awaits[when] === dies && !(isRead && when === "after");
    if (isLast && when === "after") await work();
    if (isLast) {
      isDead = true;
      dead.resolve();
    }
    if (isDead) return never();
    const result = await work();
    return isDead ? never() : result;
  };
  /** An object whose methods of these names are counted; `rest` are wrapped by what they return. */
  const wrap = <T extends object>(
    target: T,
    names: readonly string[],
    rest: Record<string, (result: unknown) => unknown> = {},
  ): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        const call = (...all: unknown[]) => Reflect.apply(value, object, all) as unknown;
        if (names.includes(String(name)))
          return (...all: unknown[]) => counted(String(name), async () => call(...all));
        const made = rest[String(name)];
        return made ? (...all: unknown[]) => made(call(...all)) : call;
      },
    });

  const statement = (made: unknown): unknown =>
    wrap(made as D1PreparedStatement, ["run", "all", "first"], { bind: statement }); // what `prepare` and `bind` give
  const stub = (methods: readonly string[]) => (made: unknown) => wrap(made as object, methods);
  const queue = (of: DeliveryContext["queues"]["crm"]) => wrap(of, ["send"]);

  return {
    awaits: () => ({ ...awaits }),
    died: dead.promise,
    context: {
      ...given,
      bucket: wrap(given.bucket, ["get", "put", "list", "delete"]),
      db: wrap(given.db, ["batch"], { prepare: statement }),
      queues: { analytics: queue(given.queues.analytics), crm: queue(given.queues.crm) },
      destinations: wrap(given.destinations, [], {
        get: stub(["permit", "report", "pause", "handedOver", "beginDrain", "endDrain", "status", "alarms"]),
      }),
      liveTail: wrap(given.liveTail, [], { get: stub(["append"]) }),
      currentConsent: (keys) => counted("currentConsent", () => given.currentConsent(keys)),
      fetch: (url, init) => counted("fetch", () => given.fetch(url, init)),
    },
  };
}
