/**
 * Reads the TCF and GPP strings of a request, each but once: a visitor sends the same one with every event, and decoding
 * takes longer than all else at the door. The decoders are loaded when the first string comes, not when the Worker
 * starts. src/door asks once for a request, with the strings of its cookies, its query and its events.
 */
import type { TcfPolicy } from "#contracts/definitions/policy";
import type { readGpp } from "./gpp.ts";
import { invalidString, MAX_STRING_CHARS } from "./invalid-string.ts";
import type { Signal } from "./signal.ts";
import type { readTcf } from "./tcf.ts";

export interface ConsentString {
  kind: "tcf" | "gpp";
  text: string;
  /** Of a GPP string: the sections that apply. */
  sectionIds?: readonly number[] | undefined;
}

/** What a string says. One that was not read says no, as `too_many_strings`. */
export type ReadString = (wanted: ConsentString) => Signal;

const NOT_READ: ReadString = ({ kind, text }) => invalidString(kind, text, "too_many_strings");

/** Strings that are decoded for one request. */
export const MAX_NEW_STRINGS = 8;

/** Strings that are remembered under one policy. */
export const MAX_KNOWN_STRINGS = 1000;

/** By text, and for GPP by sections and text: a text of one kind must not pass for one of the other. */
type Known = Record<ConsentString["kind"], Map<string, Signal>>;

const byPolicy = new WeakMap<TcfPolicy, Known>();

interface Decoders {
  readTcf: typeof readTcf;
  readGpp: typeof readGpp;
}

let decoders: Decoders | undefined;

/**
 * Read what is not known yet, at most eight different strings.
 * @returns at once where there is nothing to read, or nothing to load
 */
export function readStrings(
  wanted: readonly ConsentString[],
  policy: TcfPolicy,
): ReadString | Promise<ReadString> {
  if (wanted.length === 0) return NOT_READ;
  const known = knownUnder(policy);
  const signals: Known = { tcf: new Map(), gpp: new Map() };
  const unread = new Map<string, ConsentString>();
  for (const one of wanted) {
    const key = keyOf(one);
    const signal = known[one.kind].get(key);
    if (signal) signals[one.kind].set(key, signal);
    else unread.set(`${one.kind} ${key}`, one);
  }
  const look: ReadString = (one) => {
    const key = keyOf(one);
    const signal = signals[one.kind].get(key) ?? NOT_READ(one);
    signals[one.kind].set(key, signal);
    return signal;
  };
  if (unread.size === 0) return look;
  const missing = [...unread.values()].slice(0, MAX_NEW_STRINGS);
  const read = (decode: Decoders): ReadString => {
    for (const one of missing) {
      const signal = decodeOne(decode, one, policy);
      signals[one.kind].set(keyOf(one), signal);
      remember(known, one, signal);
    }
    return look;
  };
  return decoders ? read(decoders) : loadDecoders().then(read);
}

function knownUnder(policy: TcfPolicy): Known {
  let known = byPolicy.get(policy);
  if (!known) {
    known = { tcf: new Map(), gpp: new Map() };
    byPolicy.set(policy, known);
  }
  return known;
}

const keyOf = ({ kind, text, sectionIds }: ConsentString): string =>
  kind === "tcf" ? text : `${sectionIds?.join() ?? ""} ${text}`;

async function loadDecoders(): Promise<Decoders> {
  const [tcf, gpp] = await Promise.all([import("./tcf.ts"), import("./gpp.ts")]);
  decoders = { readTcf: tcf.readTcf, readGpp: gpp.readGpp };
  return decoders;
}

const decodeOne = (decode: Decoders, { kind, text, sectionIds }: ConsentString, policy: TcfPolicy): Signal =>
  kind === "tcf" ? decode.readTcf(text, policy) : decode.readGpp(text, sectionIds, policy);

/** The oldest of its kind makes room. What is too long is quickly read again, and would fill the memory. */
function remember(known: Known, one: ConsentString, signal: Signal): void {
  const key = keyOf(one);
  if (key.length > MAX_STRING_CHARS) return;
  const strings = known[one.kind];
  if (known.tcf.size + known.gpp.size >= MAX_KNOWN_STRINGS) {
    const fullest = known.tcf.size > known.gpp.size ? known.tcf : known.gpp;
    const oldest = fullest.keys().next().value;
    if (oldest !== undefined) fullest.delete(oldest);
  }
  strings.set(key, signal);
}
