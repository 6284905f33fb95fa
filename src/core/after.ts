/**
 * What follows something that may have to be waited for, at once where it need not: each promise costs a turn, and most of
 * what a request asks is in memory.
 */

/** `next` of the value; a promise only where the value is one. What `next` throws at once is thrown at once. */
export const after = <T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> =>
  value instanceof Promise ? value.then(next) : next(value);
