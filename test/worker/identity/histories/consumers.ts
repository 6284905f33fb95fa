/**
 * Consumers that run at once: each call of a store waits until it is let through, one call at a time, in an order that is
 * drawn; and a consumer can be killed at any of its calls, whatever of them it has made at once.
 */

/** What a killed consumer's calls throw. */
export class Killed extends Error {}

interface Waiting {
  consumer: Consumer;
  go(): void;
  stop(error: Error): void;
}

/** Draws whole numbers below a bound, the same ones for a seed. */
export type Draw = (bound: number) => number;

export function drawing(seed: number): Draw {
  let state = seed | 0;
  return (bound) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** One consumer: its stores ask it before each call. */
export class Consumer {
  /** Calls that it has made. */
  calls = 0;
  killAt = Number.POSITIVE_INFINITY;
  isDead = false;
  stage: Stage | undefined;

  async before(): Promise<void> {
    if (this.isDead) throw new Killed();
    await this.stage?.wait(this);
    if (++this.calls >= this.killAt) {
      this.isDead = true;
      this.stage?.stop(this);
    }
    if (this.isDead) throw new Killed();
  }
}

/** Where consumers take turns. */
export class Stage {
  readonly #draw: Draw;
  #waiting: Waiting[] = [];
  readonly #running = new Set<Consumer>();
  #notify: (() => void) | undefined;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  wait(consumer: Consumer): Promise<void> {
    return new Promise((go, stop) => {
      this.#waiting.push({ consumer, go, stop });
      this.#notify?.();
    });
  }

  /** All that a killed consumer still waits for fails. */
  stop(consumer: Consumer): void {
    for (const { stop } of this.#waiting.filter((one) => one.consumer === consumer)) stop(new Killed());
    this.#waiting = this.#waiting.filter((one) => one.consumer !== consumer);
  }

  /** Run tasks to their ends. @returns of each whether it succeeded */
  async play(tasks: readonly { consumer: Consumer; run: () => Promise<void> }[]): Promise<boolean[]> {
    const ends = tasks.map(async ({ consumer, run }) => {
      consumer.calls = 0;
      consumer.isDead = false;
      consumer.stage = this;
      this.#running.add(consumer);
      try {
        await run();
        return true;
      } catch (error) {
        if (error instanceof Killed || isContended(error)) return false;
        throw error;
      } finally {
        this.#running.delete(consumer);
        this.stop(consumer);
        this.#notify?.();
      }
    });
    const all = Promise.all(ends);
    all.catch(() => this.#running.clear());
    while (this.#running.size > 0) {
      const isReady = [...this.#running].every((one) =>
        this.#waiting.some(({ consumer }) => consumer === one),
      );
      if (!isReady) {
        await new Promise<void>((resolve) => {
          this.#notify = resolve;
        });
        this.#notify = undefined;
        continue;
      }
      const [next] = this.#waiting.splice(this.#draw(this.#waiting.length), 1);
      next?.go();
      // What it does up to its next call comes before anybody else's turn.
      await settled();
    }
    return all;
  }
}

/** Too many others wrote the same rows: the queue delivers it again. */
const isContended = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("contended");

async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
}

/** A binding whose calls are a consumer's. @param names of the methods that go to a store */
export const gated = <T extends object>(binding: T, consumer: Consumer, names: readonly string[]): T =>
  new Proxy(binding, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      const call = (value as (...given: unknown[]) => unknown).bind(target);
      if (!names.includes(String(name))) return call;
      return async (...args: unknown[]) => {
        await consumer.before();
        return call(...args);
      };
    },
  });
