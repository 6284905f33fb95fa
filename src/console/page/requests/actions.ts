/** What may be done with a request that has not ended: verify who asks, try again, extend the deadline, cancel it. Each is confirmed. */
import type { SubjectRequestDetail } from "#contracts/messages/subject_request";
import { call, problemInWords } from "../api.ts";
import { ask, type Question } from "../ask.ts";
import { button, fill, h } from "../dom.ts";
import { may } from "../may.ts";
import { hasEnded, LAW_TIMES, TYPE_MEANINGS } from "./words.ts";

const NO_PERSON = "It is kept until the request has ended: write no name or address of the person.";
const TOLD = "It is kept, and the person gets to read it: write no name or address of theirs.";

type Action = "verify" | "retry" | "extend" | "cancel";

interface Step {
  label: string;
  kind?: string;
  /** Name of what is written, in the request's body; none where nothing is asked. */
  field?: "note" | "reason";
  said: string;
  question: (request: SubjectRequestDetail) => Question;
}

const STEPS: Record<Action, Step> = {
  verify: {
    label: "Verify…",
    kind: "primary",
    field: "note",
    said: "It is verified, and starts now.",
    question: (request) => ({
      title: "Is it this person who asks?",
      text: `Once it is verified it starts at once. ${TYPE_MEANINGS[request.subject_request_type]}`,
      confirm: "I have verified it: start",
      reason: { label: "How you made sure", hint: NO_PERSON, required: true },
    }),
  },
  retry: {
    label: "Try again…",
    kind: "primary",
    said: "It is tried again.",
    question: () => ({
      title: "Try the steps again that have failed?",
      text: "What is done is not done twice. If it is a vendor that refuses, correct its settings in the release first.",
      confirm: "Try again",
    }),
  },
  extend: {
    label: "Extend…",
    field: "reason",
    said: "The deadline is extended. Tell the person why.",
    question: ({ regulation }) => ({
      title: "Extend the deadline?",
      text: `${LAW_TIMES[regulation]} It can be extended once, and the person must be told why within the first time.`,
      confirm: "Extend it",
      reason: { label: "Reason", hint: NO_PERSON, required: true },
    }),
  },
  cancel: {
    label: "Cancel…",
    field: "reason",
    said: "It is cancelled.",
    question: () => ({
      title: "Cancel this request?",
      text: "What has been done stays done; what has not is not done any more. The person must be told why.",
      confirm: "Cancel the request",
      danger: true,
      reason: { label: "Reason", hint: TOLD, required: true },
    }),
  },
};

export interface RequestActions {
  element: HTMLElement;
  /** Show what may be done with it now. */
  of(request: SubjectRequestDetail): void;
}

/**
 * @param path of the request in the API @param place that the dialogs go with
 * @param say tells what a click has done @param refresh asks for the request again
 */
export function requestActions(
  path: string,
  place: HTMLElement,
  say: (text: string) => void,
  refresh: () => Promise<void>,
): RequestActions {
  const element = h("span", { class: "actions" });

  async function act(action: Action, request: SubjectRequestDetail): Promise<void> {
    const { question, field, said } = STEPS[action];
    const written = await ask(place, question(request));
    if (written === undefined) return;
    const answer = await call("POST", `${path}/${action}`, field && { [field]: written });
    const problem = problemInWords(answer);
    say(answer.status === "ok" ? said : (problem ?? ""));
    await refresh();
  }

  return {
    element,
    of(request) {
      fill(
        element,
        ...possibleWith(request).map((action) =>
          button(STEPS[action].label, () => void act(action, request), STEPS[action].kind),
        ),
      );
    },
  };
}

/** What the server would let one do with it. An erasure that has begun has to end. */
function possibleWith(request: SubjectRequestDetail): Action[] {
  if (hasEnded(request) || !may("subjects:manage")) return [];
  const isPending = request.request_status === "pending";
  const hasFailed = request.steps.some(({ status }) => status === "failed");
  const possible: readonly (Action | false)[] = [
    isPending && "verify",
    hasFailed && !isPending && "retry",
    !request.extended && "extend",
    (isPending || request.subject_request_type !== "erasure") && "cancel",
  ];
  return possible.filter((action) => action !== false);
}
