/** The keys: which version of the master secret is the current one, and how far a rotation is. Asks every ten seconds. */
import type { KeysStatus } from "#privacy/rewrap";
import { count, listInWords } from "../../wording.ts";
import { call } from "../api.ts";
import { chip, fill, h, type Tone } from "../dom.ts";
import { type Poll, poll } from "../polling.ts";
import { facts } from "../steps.ts";

const EVERY_MS = 10_000;

export function keysCard(): { element: HTMLElement } & Pick<Poll, "start" | "stop"> {
  const element = h("div", { class: "card" }, h("div", { class: "skeleton" }));
  const { start, stop } = poll(refresh, EVERY_MS);

  async function refresh(): Promise<void> {
    const answer = await call<KeysStatus>("GET", "keys");
    if (answer.status === "problem") fill(element, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status === "ok") fill(element, ...state(answer.body));
  }

  return { element, start, stop };
}

function state({ version, versions, rewrap }: KeysStatus): HTMLElement[] {
  const { rewrapped, remaining } = rewrap;
  const others = versions.filter((one) => one !== version);
  const [tone, label, meaning] = stateInWords(others.length, rewrap);
  return [
    h("div", { class: "card-head" }, h("h3", {}, `Master secret, version ${version}`), chip(tone, label)),
    h("p", {}, meaning),
    ...(remaining > 0
      ? [
          h("progress", {
            attrs: { max: rewrapped + remaining, value: rewrapped, "aria-label": "Keys wrapped anew" },
          }),
        ]
      : []),
    facts([
      ["Wrapped", others.length > 0 && `${count(rewrapped, "key")} anew since this version came`],
      ["Left", count(remaining, "key")],
      ["Readable", others.length > 0 && `also what version ${listInWords(others.map(String))} sealed`],
    ]) as HTMLElement, // it has a value
  ];
}

function stateInWords(others: number, { done, remaining }: KeysStatus["rewrap"]): [Tone, string, string] {
  if (remaining > 0) {
    return [
      "wait",
      "rotating",
      "Keys of persons are wrapped anew by this version, some each minute; the versions before it are needed until then.",
    ];
  }
  if (others === 0)
    return ["good", "the only one", "There is no other version: every key of a person is wrapped by it."];
  if (done) return ["good", "all wrapped by it", "Every key of a person is wrapped by this version."];
  return [
    "wait",
    "settling",
    "No key is left to wrap anew. They are looked through once more, for what was written while the version changed.",
  ];
}
