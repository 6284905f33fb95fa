/** Whom a request names: to check with the person, on a way that is known already. Only for those who may see personal data. */
import type { SubjectIdentity } from "#contracts/messages/subject_request";
import { call, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { allows, OF_A_PERSON } from "../may.ts";
import { notPermitted } from "../not-permitted.ts";
import { facts } from "../steps.ts";

/** @param path of the request in the API */
export function identitiesCard(path: string): HTMLElement {
  const shown = h("div", { attrs: { role: "status" } });

  async function show(): Promise<void> {
    const answer = await call<{ identities: SubjectIdentity[] }>("GET", `${path}/identities`);
    if (answer.status !== "ok") return fill(shown, h("p", { class: "hint" }, problemInWords(answer)));
    fill(
      shown,
      facts(
        answer.body.identities.map(({ identity_type, identity_value }) => [
          identity_type.replaceAll("_", " "),
          identity_value,
        ]),
      ),
    );
  }

  return h(
    "div",
    { class: "card" },
    h("h2", {}, "Whom it names"),
    ...(allows(OF_A_PERSON)
      ? [
          h(
            "p",
            { class: "hint" },
            "All of these must be the same person's, and that person must be who asks. Each look is in the audit log.",
          ),
          button("Show", () => void show()),
          shown,
        ]
      : [notPermitted("whom it names", OF_A_PERSON)]),
  );
}
