/** The proof of an erasure: what it shows, and the file. It has no personal data, and is read once. */
import type { ErasureProof } from "#contracts/messages/subject_request";
import { download, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { saveFile } from "../save-file.ts";
import { code, facts } from "../steps.ts";
import { timeOf } from "../time.ts";

interface Signed {
  /** JSON of an ErasureProof. */
  proof: string;
  verified: boolean;
}

/** @param path of the request in the API */
export function proofCard(path: string, id: string): { element: () => HTMLElement } {
  let made: HTMLElement | undefined;

  function make(): HTMLElement {
    const content = h("div", {}, h("div", { class: "skeleton" }));
    void read(content);
    return h("div", { class: "card" }, h("h2", {}, "Proof of erasure"), content);
  }

  async function read(content: HTMLElement): Promise<void> {
    const answer = await download(`${path}/proof`, "application/json");
    if (answer.status !== "ok") return fill(content, h("p", { class: "hint" }, problemInWords(answer)));
    const file = answer.body;
    const signed = JSON.parse(await file.text()) as Signed; // the shape of src/subjects/proof.ts
    const proof = JSON.parse(signed.proof) as ErasureProof; // as it was signed
    fill(
      content,
      h(
        "p",
        {},
        "It shows when the identifiers were erased and suppressed, and what each store and destination answered. It names nobody: by the digest it can be told later whether a set of identifiers is the one that was erased. It is signed with the key of the audit log.",
      ),
      facts([
        ["Completed", timeOf(proof.completed_time).whole],
        ["Erasure", `number ${proof.erasure} of the log`],
        ["Suppressed", `${proof.suppressed.count} identifiers`],
        ["Digest", code(proof.suppressed.digest)],
        ["Signature", signed.verified ? "it verifies" : "it does not verify: this is not as it was signed"],
      ]),
      h(
        "div",
        { class: "actions spaced" },
        button("Download the proof (JSON)", () => saveFile(`erasure-proof-${id}.json`, file)),
      ),
    );
  }

  return {
    element() {
      made ??= make();
      return made;
    },
  };
}
