/** One subject request: where it stands, what may be done with it, and what became of each step. Asks every two seconds until it has ended. */
import type { StepResult, SubjectRequestDetail } from "#contracts/messages/subject_request";
import { call, problemInWords } from "../api.ts";
import { chip, empty, fill, h } from "../dom.ts";
import { poll } from "../polling.ts";
import { capitalised, code, facts, step } from "../steps.ts";
import { timeOf } from "../time.ts";
import { requestActions } from "./actions.ts";
import { identitiesCard } from "./identities.ts";
import { deadlineChip, statusChip } from "./list.ts";
import { proofCard } from "./proof.ts";
import { resultsCard } from "./results.ts";
import { answerInWords, completionInWords, countsInWords, stepTitle } from "./step-words.ts";
import type { Part } from "./view.ts";
import { hasEnded, LAW_WORDS, makerInWords, TYPE_MEANINGS, TYPE_WORDS, VERIFICATION_WORDS } from "./words.ts";

const EVERY_MS = 2_000;

/** @param id of the request */
export function requestDetail(id: string): Part {
  const title = h("h1", { attrs: { tabindex: "-1" } }, "Subject request");
  const chips = h("span", { class: "chips" });
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const body = h("div", {}, h("div", { class: "skeleton" }));
  const path = `subject-requests/${encodeURIComponent(id)}`;
  const refreshing = poll(refresh, EVERY_MS);
  const element = h("div", {});
  const actions = requestActions(path, element, (text) => fill(said, text), refreshing.now);
  const proof = proofCard(path, id);
  let drawn = "";
  fill(
    element,
    h(
      "div",
      { class: "view-head" },
      h("a", { class: "back", attrs: { href: "#/requests" } }, "Requests"),
      title,
      chips,
      h("span", { class: "grow" }),
      actions.element,
    ),
    said,
    body,
  );

  async function refresh(): Promise<void> {
    const answer = await call<SubjectRequestDetail>("GET", path);
    if (answer.status !== "ok") {
      if (drawn === "") fill(body, empty("This request cannot be shown", problemInWords(answer)));
      return;
    }
    const request = answer.body;
    if (hasEnded(request)) refreshing.stop();
    const content = JSON.stringify(request);
    if (content === drawn) return;
    drawn = content;
    fill(title, `${TYPE_WORDS[request.subject_request_type]} · ${LAW_WORDS[request.regulation]}`);
    fill(chips, statusChip(request.request_status), deadlineChip(request, Date.now()));
    actions.of(request);
    fill(
      body,
      h(
        "div",
        { class: "halves" },
        h(
          "div",
          { class: "card" },
          h("h2", {}, "What became of it"),
          progress(request),
          steps(request.steps),
        ),
        h(
          "div",
          { class: "stack" },
          h("div", { class: "card" }, h("h2", {}, "The request"), about(request)),
          request.request_status === "pending" && identitiesCard(path),
          request.results_url !== undefined && resultsCard(path, request),
          request.subject_request_type === "erasure" &&
            request.request_status === "completed" &&
            proof.element(),
        ),
      ),
    );
  }

  refreshing.start();
  return { element, stop: () => refreshing.stop() };
}

/** In one sentence, where it stands. */
function progress(request: SubjectRequestDetail): HTMLElement {
  const failed = request.steps
    .filter(({ status }) => status === "failed")
    .map(({ step: name }) => stepTitle(name));
  const running = request.steps.find(({ status }) => status === "running");
  if (failed.length > 0) {
    return h(
      "p",
      { class: "notice bad" },
      `Not all of it could be done: ${failed.join(", ")}. See below why.`,
    );
  }
  switch (request.request_status) {
    case "pending":
      return h(
        "p",
        { class: "notice wait" },
        "Nobody has made sure yet who asks. Nothing is looked up, shown or erased until then.",
      );
    case "in_progress":
      return h(
        "p",
        { class: "notice info" },
        running ? `Under way: ${stepTitle(running.step)}.` : "Under way; the next step begins by itself.",
      );
    case "completed":
      return h("p", { class: "notice good" }, completionInWords(request.steps));
    case "cancelled":
      return h(
        "p",
        { class: "notice quiet" },
        `Cancelled: ${request.cancelled_reason ?? "no reason was given"}`,
      );
  }
}

const steps = (results: readonly StepResult[]): HTMLElement =>
  results.length === 0
    ? h("p", { class: "hint" }, "No step has begun.")
    : h("ol", { class: "steps" }, ...results.map(resultStep));

function resultStep(result: StepResult): HTMLElement {
  const { tone, label, meaning } = answerInWords(result);
  const counts = countsInWords(result.counts);
  return step(
    tone,
    stepTitle(result.step),
    result.at,
    chip(tone, label),
    meaning !== "" && h("p", { class: "hint" }, meaning),
    counts !== "" && h("p", { class: "hint" }, counts),
  );
}

function about(request: SubjectRequestDetail): HTMLElement {
  const { received_time: received, expected_completion_time: due, completed_time: completed } = request;
  return h(
    "div",
    {},
    h("p", { class: "hint about" }, TYPE_MEANINGS[request.subject_request_type]),
    facts([
      ["Id", code(request.subject_request_id)],
      ["Received", timeOf(received).whole],
      ["Due", `${timeOf(due).whole}${request.extended ? " (extended)" : ""}`],
      ["Completed", completed !== undefined && timeOf(completed).whole],
      ["Made by", makerInWords(request.made_by)],
      ["Verification", capitalised(VERIFICATION_WORDS[request.verification])],
      ["Verified by", request.verified_by !== undefined && makerInWords(request.verified_by)],
      ["Named by", request.identity_types.map((type) => type.replaceAll("_", " ")).join(", ")],
      ["Identifiers", request.identifiers !== undefined && `${request.identifiers} were found`],
    ]),
  );
}
