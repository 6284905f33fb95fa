/**
 * A subject request as it is kept, and as it is shown: to whoever made it, and to the console. Neither shows a value or a
 * key of a person. Pure.
 */

import * as z from "zod";
import {
  REQUEST_STATUSES,
  type RequestStatus,
  type StepResult,
  type SubjectIdentity,
  type SubjectRequestDetail,
  type SubjectRequestStatus,
  stepResultSchema,
  VERIFICATIONS,
  type Verification,
} from "#contracts/messages/subject_request";
import {
  REGULATIONS,
  type Regulation,
  SUBJECT_REQUEST_TYPES,
  type SubjectRequestType,
} from "#contracts/taxonomy";
import type { SubjectScope } from "#identity/subject";
import { deadlineState } from "./deadlines.ts";

/** One row of `subject_requests`, parsed. Times are epoch ms. */
export interface SubjectRequest {
  id: string;
  type: SubjectRequestType;
  regulation: Regulation;
  status: RequestStatus;
  verification: Verification;
  /** `source:<id>`, `actor:<id>`, `anybody`, or of a browser or person a mark that is no key of theirs (verify.ts). */
  madeBy: string;
  verifiedBy: string | null;
  receivedAt: number;
  dueAt: number;
  extended: boolean;
  completedAt: number | null;
  scope: SubjectScope;
  /** Identifier keys: those that were asked about, later all that the person has; none once it has ended. */
  subjects: string[];
  identityTypes: string[];
  /** A Payload, sealed under the request's own key. */
  sealed: string | null;
  steps: StepResult[];
  cancelledReason: string | null;
  resultsUntil: number | null;
  alertedDay: string | null;
  version: number;
}

/** What is sealed with a request. Gone when it has ended, but for callbacks that are still to be told. */
export interface Payload {
  identities: SubjectIdentity[];
  callbacks: string[];
  /** `submitted_time` as it came. */
  submitted: string;
  /** Address of Doorstep's base path as the requester reached it; empty where an operator made the request. */
  base: string;
  /** Those of the keys whose profiles are meant whole (src/identity/subject.ts). Absent before `find`. */
  whole?: string[];
  /** Epoch ms of the person's first event; the search of the lake begins there. Absent before `find`. */
  since?: number;
  /** Whom vendors may know them as. Absent before `vendor_identities`. */
  vendor?: { emails: string[]; phones: string[]; userIds: string[] };
  /** Number of the entry in the erasure log, and ids of the decisions that went with it. Absent before `suppress`. */
  erasure?: number;
  decisions?: string[];
}

/** JSON columns and closed lists of a row; it is written by store.ts alone, so that only a changed schema breaks it. */
export const listsSchema = z.object({
  type: z.enum(SUBJECT_REQUEST_TYPES),
  regulation: z.enum(REGULATIONS),
  status: z.enum(REQUEST_STATUSES),
  verification: z.enum(VERIFICATIONS),
  scope: z.enum(["person", "device"]),
  subjects: z.array(z.string()),
  identityTypes: z.array(z.string()),
  steps: z.array(stepResultSchema),
});

export const isOpen = ({ status }: Pick<SubjectRequest, "status">): boolean =>
  status === "pending" || status === "in_progress";

export const stepOf = (request: Pick<SubjectRequest, "steps">, step: string): StepResult | undefined =>
  request.steps.find((one) => one.step === step);

/** The steps with one of them changed, in the order in which they were begun. */
export function withStep(steps: readonly StepResult[], result: StepResult): StepResult[] {
  const at = steps.findIndex(({ step }) => step === result.step);
  return at < 0 ? [...steps, result] : steps.with(at, result);
}

/** Steps that an operator took, with a note: nobody knows what it says, so that it goes when the request ends. */
const NOTED: readonly string[] = ["taken", "verified", "extended"];

export const withoutNotes = (steps: readonly StepResult[]): StepResult[] =>
  steps.map(({ detail, ...step }) => ({
    ...step,
    ...(detail !== undefined && !NOTED.includes(step.step) && { detail }),
  }));

/** As whoever made it sees it. @param address of its results, for whoever asks */
export function statusOf(request: SubjectRequest, controller: string, address: string): SubjectRequestStatus {
  const { completedAt, resultsUntil, cancelledReason } = request;
  return {
    api_version: "2.0",
    controller_id: controller,
    subject_request_id: request.id,
    subject_request_type: request.type,
    regulation: request.regulation,
    request_status: request.status,
    verification: request.verification,
    received_time: iso(request.receivedAt),
    expected_completion_time: iso(request.dueAt),
    ...(completedAt !== null && { completed_time: iso(completedAt) }),
    ...(resultsUntil !== null && { results_url: address, results_expire_time: iso(resultsUntil) }),
    ...(cancelledReason !== null && { cancelled_reason: cancelledReason }),
  };
}

/** As the console sees it. @param now epoch ms */
export function detailOf(
  request: SubjectRequest,
  controller: string,
  address: string,
  now: number,
): SubjectRequestDetail {
  const found = stepOf(request, "find")?.counts?.identifiers;
  return {
    ...statusOf(request, controller, address),
    identity_types: request.identityTypes,
    ...(found !== undefined && { identifiers: found }),
    steps: request.steps,
    deadline: isOpen(request) ? deadlineState(request.dueAt, now) : "done",
    extended: request.extended,
    // What stands behind the colon of a browser or person is a mark that tells a reader nothing.
    made_by: request.madeBy.replace(/^(browser|person):.*/, "$1"),
    ...(request.verifiedBy !== null && { verified_by: request.verifiedBy }),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
