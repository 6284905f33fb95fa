/** What an access or portability request has found, as files. It is the person's data: only for those who may see any. */
import type { SubjectRequestDetail } from "#contracts/messages/subject_request";
import { download, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { allows, OF_A_PERSON } from "../may.ts";
import { notPermitted } from "../not-permitted.ts";
import { saveFile } from "../save-file.ts";
import { dateOf } from "../time.ts";

const PAGE = ["Readable page", "text/html", "html"] as const;
const JSON_FILE = ["JSON", "application/json", "json"] as const;

/** @param path of the request in the API */
export function resultsCard(path: string, request: SubjectRequestDetail): HTMLElement {
  const { subject_request_id: id, subject_request_type, results_expire_time: until } = request;
  const said = h("p", { class: "hint", attrs: { role: "status" } });

  async function save(type: string, extension: string): Promise<void> {
    const answer = await download(`${path}/results`, type);
    if (answer.status === "ok") saveFile(`${subject_request_type}-${id}.${extension}`, answer.body);
    fill(said, answer.status === "ok" ? "Saved. Hand it on safely, then delete it." : problemInWords(answer));
  }

  return h(
    "div",
    { class: "card" },
    h("h2", {}, "What was found"),
    ...(allows(OF_A_PERSON)
      ? [
          h(
            "p",
            {},
            `The person's data${until === undefined ? "" : `, kept until ${dateOf(until)}`}. Each look at it is in the audit log.`,
          ),
          h(
            "div",
            { class: "actions spaced" },
            // A portability answer is for a machine.
            ...(subject_request_type === "access" ? [PAGE, JSON_FILE] : [JSON_FILE]).map(
              ([label, type, extension]) => button(label, () => void save(type, extension)),
            ),
          ),
          said,
        ]
      : [notPermitted("the person's data", OF_A_PERSON)]),
  );
}
