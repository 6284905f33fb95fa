/**
 * An object whose properties are computed when they are first asked for, and then kept. A release has hundreds of
 * definitions, a decision asks for a few; so the getters are made once per release, on what all such objects inherit from:
 * to give each its own took longer than all that a decision asks. Of Object it inherits nothing. Pure; used by attributes.ts.
 */

/** What an object's properties are; made once per release. */
export type LazyShape<S> = (from: S) => Record<string, unknown>;

/** Found out, and there is none. */
const ABSENT = Symbol("absent");

class Lazy<S> {
  readonly #from: S;
  readonly #values: unknown[];

  constructor(from: S, size: number) {
    this.#from = from;
    this.#values = new Array(size);
  }

  static getter<S>(place: number, compute: (from: S, self: Record<string, unknown>) => unknown) {
    return function (this: Lazy<S>): unknown {
      const known = this.#values[place];
      if (known !== undefined) return known === ABSENT ? undefined : known;
      const value = compute(this.#from, this as unknown as Record<string, unknown>);
      this.#values[place] = value === undefined ? ABSENT : value;
      return value;
    };
  }
}

/** @param compute by name of the property; may read others of the same object */
export function lazyShape<S>(
  compute: ReadonlyMap<string, (from: S, self: Record<string, unknown>) => unknown>,
): LazyShape<S> {
  const { size } = compute;
  class Shape extends Lazy<S> {
    constructor(from: S) {
      super(from, size);
    }
  }
  Object.setPrototypeOf(Shape.prototype, null);
  Reflect.deleteProperty(Shape.prototype, "constructor");
  let place = 0;
  for (const [name, one] of compute)
    Object.defineProperty(Shape.prototype, name, { get: Lazy.getter(place++, one), enumerable: true });
  return (from) => new Shape(from) as unknown as Record<string, unknown>;
}
