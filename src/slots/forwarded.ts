/**
 * A server that renders pages by itself asks for its visitor: with a secret key it is believed what the visitor's browser
 * sent to it, since of its own request we see only the server, its address and its country. Whoever has no secret key can
 * forward a cookie, which is signed, and nothing else. Called by routes.ts.
 */
import { Problem } from "#core/problem";
import { authenticateSource, requireSecretKey } from "#door/source";
import type { Settings } from "../env.ts";
import type { Forwarded } from "./body.ts";

const COUNTED = ["user-agent", "accept-language", "cf-connecting-ip", "sec-gpc", "cookie"] as const;

/**
 * The visitor's request in the place of the server's.
 * @throws Problem 401, 403 as authenticateSource; 403 `secret_key_required`
 */
export function asVisitor(
  request: Request,
  visitor: Forwarded,
  { SOURCES }: Pick<Settings, "SOURCES">,
  now: number,
): Request {
  const { headers, url } = request;
  const key = keyOf(headers.get("authorization"));
  const origin = headers.get("origin");
  requireSecretKey(authenticateSource(SOURCES, key ? [key] : [], origin, new URL(url).origin, now));
  const told = new Headers(headers);
  for (const name of COUNTED) told.delete(name);
  for (const [name] of headers) if (name.startsWith("sec-ch-ua")) told.delete(name);
  const set = (name: string, value: string | undefined) => {
    if (!value) return;
    try {
      told.set(name, value);
    } catch {
      throw new Problem(400, "invalid_body", `visitor: a value is no value of the header ${name}.`);
    }
  };
  set("user-agent", visitor.user_agent);
  set("accept-language", visitor.accept_language);
  set("cf-connecting-ip", visitor.ip);
  set("sec-gpc", visitor.gpc ? "1" : undefined);
  set("cookie", visitor.cookie);
  const { country, region } = visitor;
  const cf = {
    ...(country && { country }),
    ...(region && { regionCode: region }),
  };
  return new Request(url, { headers: told, cf });
}

/** `Bearer key`, or `Basic` with the key as the name. */
function keyOf(authorization: string | null): string | undefined {
  const [scheme, value = ""] = (authorization ?? "").split(" ", 2);
  if (scheme?.toLowerCase() === "bearer") return value;
  if (scheme?.toLowerCase() !== "basic") return undefined;
  try {
    return atob(value).split(":", 1)[0];
  } catch {
    return undefined; // Not base64: no key, and the answer is 401.
  }
}
