/**
 * Salesforce's error bodies: a list of `{message, errorCode}` for a refused request, and `{statusCode, message, fields}`
 * within the result of one record.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
 * https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html
 */
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { FailureKind } from "../vendor.ts";

/** What is wrong with one record. */
export type RowError = { statusCode: string; message: string; fields: string[] };

/** A refused request. */
export const refuse = (status: number, errorCode: string, message: string): Reply =>
  json(status, [{ message, errorCode }]);

export const expired = (): Reply => refuse(401, "INVALID_SESSION_ID", "Session expired or invalid");

/** The failures that a fault can inject. Salesforce has no 429 and no Retry-After: its allocation is a 403. */
export function injectedFailure(kind: FailureKind): Reply {
  switch (kind) {
    case "unauthorized":
      return expired();
    case "forbidden":
      return refuse(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner");
    case "rate_limited":
      return refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    case "unavailable":
      return refuse(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable");
    case "server_error":
      return refuse(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.");
  }
}
