/**
 * Errors in the log, for whoever operates the Worker. An error's own message is never written: a parser's quotes the text
 * that it could not read, a database's or a `fetch`'s may name a key or an address, and any of them may be a person's.
 * What is written is what we were doing, the kind of error, the codes that a store or platform gives, and where it was.
 * Every file that logs an error calls this; a test holds the source against it.
 */
/** Codes of D1, SQLite, KV and R2, as they stand in messages: names and numbers of theirs, never what was stored. */
const CODES = /\b(?:D1|KV|R2|SQLITE)_[A-Z_]{2,40}\b|\b(?:GET|PUT|DELETE|LIST) failed: [45]\d\d\b|\(\d{5}\)/g;

/** The code of a Problem, of `jose`, or of a system's error. */
const CODE = /^[A-Za-z][A-Za-z_]{1,59}$/;

/** A line of a stack as V8 writes it: a place in the code, and nothing else. */
const FRAME = /^ {4}at (?:[\w$.<>#[\] ]+ \([\w$./:@-]+:\d+:\d+\)|[\w$./:@-]+:\d+:\d+)$/;
const MAX_FRAMES = 6;

/** @param what happened, in our own words: no value of a request or of a store */
export function logError(what: string, error: unknown): void {
  console.error(what, describeError(error));
}

/** An error without its message. Exported for its test. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return "not an error";
  const { name, message, stack = "" } = error;
  const kind = /^[A-Za-z]{1,40}$/.test(name) ? name : "Error";
  const code = "code" in error && typeof error.code === "string" && CODE.test(error.code) ? [error.code] : [];
  const codes = [...code, ...new Set(message.match(CODES) ?? [])];
  // A message of several lines could pretend to be frames: it goes first.
  const at = message === "" ? 0 : stack.indexOf(message);
  const frames = (at < 0 ? stack : stack.slice(at + message.length))
    .split("\n")
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES);
  return [[kind, ...codes].join(" "), ...frames].join("\n");
}
