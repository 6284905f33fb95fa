/**
 * HubSpot's error bodies, by https://developers.hubspot.com/docs/api-reference/error-handling and
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (429).
 */
import { randomUUID } from "node:crypto";
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { FailureKind } from "../vendor.ts";
import type { ErrorResponse } from "./schemas.ts";

/** An error reply in HubSpot's shape with a fresh correlation id. */
export function hubspotError(
  status: number,
  error: Omit<ErrorResponse, "status" | "correlationId">,
  headers: Record<string, string> = {},
): Reply {
  const correlationId = randomUUID();
  const body = { status: "error", ...error, correlationId } satisfies ErrorResponse;
  return json(status, body, { "x-hubspot-correlation-id": correlationId, ...headers });
}

/** 401 for an absent or wrong token. */
export function unauthorized(): Reply {
  return hubspotError(401, {
    message:
      "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    category: "INVALID_AUTHENTICATION",
  });
}

/** 403 for a token without the scope that the call needs. */
export function forbidden(): Reply {
  return hubspotError(403, {
    message:
      "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    category: "MISSING_SCOPES",
  });
}

/** 429 of the burst limit. HubSpot documents no Retry-After here, so only a fault adds one. */
export function rateLimited(headers: Record<string, string> = {}): Reply {
  return hubspotError(
    429,
    {
      message: "You have reached your ten_secondly_rolling limit.",
      errorType: "RATE_LIMIT",
      policyName: "TEN_SECONDLY_ROLLING",
    },
    headers,
  );
}

/** 400 with category VALIDATION_ERROR. */
export function invalid(message: string, more: Pick<ErrorResponse, "errors" | "context"> = {}): Reply {
  return hubspotError(400, { message, category: "VALIDATION_ERROR", ...more });
}

/** The failures that a fault can inject. */
export function injectedFailure(kind: FailureKind): Reply {
  switch (kind) {
    case "unauthorized":
      return unauthorized();
    case "forbidden":
      return forbidden();
    case "rate_limited":
      return rateLimited({ "retry-after": "1" });
    case "unavailable":
      return hubspotError(503, {
        message: "Service temporarily unavailable",
        category: "SERVICE_UNAVAILABLE",
      });
    case "server_error":
      return hubspotError(500, { message: "internal error", category: "INTERNAL_ERROR" });
  }
}
