/** Subject requests in words that a privacy officer reads: types, laws, states, deadlines, and who made them. Pure. */
import type {
  ListedType,
  RequestStatus,
  SubjectRequestDetail,
  Verification,
} from "#contracts/messages/subject_request";
import type { Regulation, SubjectRequestType } from "#contracts/taxonomy";
import { count } from "../../wording.ts";
import type { Tone } from "../dom.ts";

const DAY_MS = 86_400_000;

export const TYPE_WORDS: Record<SubjectRequestType, string> = {
  access: "Access",
  portability: "Portability",
  erasure: "Erasure",
  opt_out: "Opt-out of sale",
};

/** What comes of each. */
export const TYPE_MEANINGS: Record<SubjectRequestType, string> = {
  access: "The person gets a page that shows what is kept about them.",
  portability: "The person gets what is kept about them as JSON, to take it elsewhere.",
  erasure: "All that is kept is erased, here and at each destination that can, and it stays erased.",
  opt_out: "From now on nothing of theirs is sold or shared. Nothing is erased.",
};

export const LAW_WORDS: Record<Regulation, string> = { gdpr: "GDPR", ccpa: "CCPA" };

/** How long there is, by law. */
export const LAW_TIMES: Record<Regulation, string> = {
  gdpr: "One month to answer, two more if it is extended.",
  ccpa: "45 days to answer, 45 more if it is extended.",
};

export const STATUS_WORDS: Record<RequestStatus, readonly [Tone, string]> = {
  pending: ["wait", "to be verified"],
  in_progress: ["info", "in progress"],
  completed: ["good", "completed"],
  cancelled: ["quiet", "cancelled"],
};

export const VERIFICATION_WORDS: Record<Verification, string> = {
  secret_key: "a server with the secret key",
  identity_token: "a signed token",
  browser: "the browser that it is about",
  operator: "an operator",
  none: "nobody yet",
};

/** How much time is left: a tone, a word, and the days. */
export function deadlineInWords(
  {
    deadline,
    expected_completion_time: due,
  }: Pick<SubjectRequestDetail, "deadline" | "expected_completion_time">,
  now: number,
): { tone: Tone; label: string; left: string } {
  if (deadline === "done") return { tone: "quiet", label: "done", left: "" };
  const days = Math.floor(Math.abs(Date.parse(due) - now) / DAY_MS);
  const apart = days === 0 ? "less than a day" : count(days, "day");
  if (deadline === "late") return { tone: "bad", label: "late", left: `by ${apart}` };
  return {
    tone: deadline === "soon" ? "wait" : "good",
    label: deadline === "soon" ? "soon" : "on time",
    left: `${apart} left`,
  };
}

/** What a person may be named by. */
export const IDENTITY_WORDS: Record<ListedType, string> = {
  email: "e-mail address",
  phone: "phone number",
  user_id: "user id",
  customer_id: "customer id",
  controller_customer_id: "controller customer id",
  anonymous_id: "anonymous id",
  device_id: "device id",
  crm_id: "CRM id",
  login_id: "login id",
};
/** As contracts/messages/subject_request.ts says; its schemas would bring their library into the page. A test compares. */
export const MAX_IDENTITIES = 20;

/** Whether it is over. */
export const hasEnded = ({ request_status }: Pick<SubjectRequestDetail, "request_status">): boolean =>
  request_status === "completed" || request_status === "cancelled";

/** Ids of tokens are long, and their beginning tells them apart. */
export const shortId = (id: string): string => (/^[0-9a-f-]{32,36}$/.test(id) ? id.slice(0, 8) : id);

const MAKERS: Record<string, string> = {
  browser: "a browser, about itself",
  person: "the person, with a signed token",
  anybody: "somebody who is not verified",
};

/** Who made or verified it: `source:web` is "source web". */
export function makerInWords(maker: string): string {
  if (Object.hasOwn(MAKERS, maker)) return MAKERS[maker]!;
  const [, kind, id = ""] = /^(actor|source):(.*)$/s.exec(maker) ?? [];
  if (kind === "source") return `source ${id}`;
  return `operator ${shortId(kind ? id : maker)}`;
}
