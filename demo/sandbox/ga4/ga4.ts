/**
 * The sandboxed GA4 Measurement Protocol. As Google documents, the production endpoint answers 2xx to
 * whatever it receives; the sandbox notes `valid` and `validationMessages` beside the record instead.
 * The validation server (`/debug`) answers the messages, records `debug: true`, and does not check the secret.
 */
import type { DemoRequest, Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { FailureKind, Vendor } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import type { UserDeletion } from "./deletion.ts";
import { reportingGaps, validatePayload } from "./rules.ts";
import type { ValidationMessage } from "./schemas.ts";

/** The stream and secret that the sandbox knows. Public on purpose: they protect nothing. */
const GA4_STREAM = { measurementId: "G-DEMO", apiSecret: "ga4-demo" } as const;

const FAILURES: Record<FailureKind, { code: number; status: string; message: string }> = {
  server_error: { code: 500, status: "INTERNAL", message: "Internal error encountered." },
  rate_limited: { code: 429, status: "RESOURCE_EXHAUSTED", message: "Quota exceeded." },
  unauthorized: {
    code: 401,
    status: "UNAUTHENTICATED",
    message: "Request had invalid authentication credentials.",
  },
  forbidden: { code: 403, status: "PERMISSION_DENIED", message: "The caller does not have permission." },
  unavailable: { code: 503, status: "UNAVAILABLE", message: "The service is currently unavailable." },
};

/** GA4 for one web stream, and the deletion of its users. */
export function createGa4(deletion: UserDeletion): Vendor {
  return {
    owns: (path) => path.startsWith("/ga4/"),
    supportsPartial: false,
    reset: deletion.clear,
    failure(kind) {
      const error = FAILURES[kind];
      return json(error.code, { error }, kind === "rate_limited" ? { "retry-after": "1" } : {});
    },
    answer(request, { now }) {
      const deleting = deletion.answer(request, now);
      if (deleting !== undefined) return deleting;
      const debug = request.path === "/ga4/debug/mp/collect";
      if (!debug && request.path !== "/ga4/mp/collect")
        return json(404, { error: { code: 404, status: "NOT_FOUND", message: "Not found." } });
      if (request.method !== "POST") return notAllowed();

      const payload = parseJson(request.body);
      const validationMessages = [
        ...streamMessages(request, debug),
        ...validatePayload(payload, request.body.length, now),
      ];
      const note = {
        valid: validationMessages.length === 0,
        validationMessages,
        reportingGaps: reportingGaps(payload),
        debug,
      };
      return debug ? { ...json(200, { validationMessages }), note } : { ...noContent(), note };
    },
  };
}

function streamMessages({ url }: DemoRequest, debug: boolean): ValidationMessage[] {
  const messages: ValidationMessage[] = [];
  const measurementId = url.searchParams.get("measurement_id");
  if (!measurementId) {
    messages.push({
      fieldPath: "measurement_id",
      validationCode: "VALUE_REQUIRED",
      description: "measurement_id is required in the URL.",
    });
  } else if (measurementId !== GA4_STREAM.measurementId) {
    messages.push({
      fieldPath: "measurement_id",
      validationCode: "VALUE_INVALID",
      description: `No stream has the id ${measurementId}.`,
    });
  }
  if (!debug && url.searchParams.get("api_secret") !== GA4_STREAM.apiSecret) {
    messages.push({
      fieldPath: "api_secret",
      validationCode: "VALUE_INVALID",
      description: "The api_secret is not one of this stream's.",
    });
  }
  return messages;
}

function noContent(): Reply {
  return { status: 204, headers: { "cache-control": "no-store" }, body: "" };
}

function notAllowed(): Reply {
  return json(
    405,
    { error: { code: 405, status: "METHOD_NOT_ALLOWED", message: "Only HTTP POST is supported." } },
    { allow: "POST" },
  );
}
