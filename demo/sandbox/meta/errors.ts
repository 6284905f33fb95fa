/**
 * Errors of Meta's Graph API, by https://developers.facebook.com/docs/graph-api/guides/error-handling. Every one is called
 * an `OAuthException`; codes tell them apart. Limits: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
import { randomBytes } from "node:crypto";
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { FailureKind } from "../vendor.ts";

type GraphError = {
  code: number;
  message: string;
  error_subcode?: number;
  is_transient?: boolean;
  error_user_msg?: string;
};

export const traceId = (): string => randomBytes(8).toString("base64url");

export function graphError(status: number, error: GraphError, headers: Record<string, string> = {}): Reply {
  const { message, ...more } = error;
  return json(
    status,
    { error: { message, type: "OAuthException", is_transient: false, ...more, fbtrace_id: traceId() } },
    headers,
  );
}

/** What Meta says of a request that it cannot take, with its own words for the subcodes that it has one for. */
export const invalidParameter = (error_user_msg: string, error_subcode?: number): Reply =>
  graphError(400, {
    code: 100,
    message: "Invalid parameter",
    error_user_msg,
    ...(error_subcode !== undefined && { error_subcode }),
  });

export const noAccess = (id: string): Reply =>
  graphError(400, {
    code: 100,
    error_subcode: 33,
    message: `Unsupported post request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
  });

export const badToken = (): Reply =>
  graphError(401, { code: 190, message: "Invalid OAuth access token - Cannot parse access token" });

/** The failures that a fault can inject. A limit is a 400: the code and the header say what it is. */
export function injectedFailure(kind: FailureKind): Reply {
  switch (kind) {
    case "unauthorized":
      return graphError(400, {
        code: 190,
        error_subcode: 463,
        message: "Error validating access token: Session has expired",
      });
    case "forbidden":
      return graphError(403, { code: 200, message: "Permissions error" });
    case "rate_limited":
      return graphError(
        400,
        {
          code: 80004,
          error_subcode: 2446079,
          message: "There have been too many calls to this ad-account.",
        },
        {
          "x-business-use-case-usage": JSON.stringify({
            "1234567890123456": [
              {
                type: "ads_management",
                call_count: 100,
                total_cputime: 1,
                total_time: 1,
                estimated_time_to_regain_access: 1,
              },
            ],
          }),
        },
      );
    case "unavailable":
      return graphError(503, { code: 2, is_transient: true, message: "Service temporarily unavailable" });
    case "server_error":
      return graphError(500, { code: 1, is_transient: true, message: "An unknown error has occurred." });
  }
}
