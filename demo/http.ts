/**
 * The few HTTP pieces that the demo site and the vendor sandbox share, over plain `node:http`.
 * A handler is a function from a `DemoRequest` (whole body read, at most 5 MB) to a `Reply`;
 * only the sandbox's faults ever touch a socket themselves.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

/** Bodies above this many bytes are refused with 413. */
const BODY_LIMIT_BYTES = 5 * 1024 * 1024;

/** One request with its body read. `path` is the decoded-free pathname; `url` has the query. */
export type DemoRequest = {
  method: string;
  path: string;
  url: URL;
  headers: IncomingHttpHeaders;
  cookies: Record<string, string>;
  body: Buffer;
};

/** What a handler answers. A header with several values (Set-Cookie) is an array. */
export type Reply = {
  status: number;
  headers: Record<string, string | string[]>;
  body: string | Buffer;
};

/** The body, or why there is none: over the limit, or the client went away before its end. */
export type BodyRead = { status: "read"; body: Buffer } | { status: "too_large" } | { status: "aborted" };

/** Reads a request's body up to `BODY_LIMIT_BYTES`. An oversized body is drained, not kept. */
export function readBody(request: IncomingMessage): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
      // Draining forever would let one client hold the demo: twice the limit ends the connection.
      else if (size > 2 * BODY_LIMIT_BYTES) request.destroy();
    });
    request.on("end", () => {
      resolve(
        size > BODY_LIMIT_BYTES ? { status: "too_large" } : { status: "read", body: Buffer.concat(chunks) },
      );
    });
    request.on("close", () => resolve({ status: "aborted" }));
    request.on("error", () => resolve({ status: "aborted" }));
  });
}

/** Builds the `DemoRequest` for a message whose body has been read. Never throws: a bad target becomes `/`. */
export function toDemoRequest(message: IncomingMessage, body: Buffer): DemoRequest {
  const target = message.url?.startsWith("/") ? message.url : "/";
  const url = URL.canParse(`http://demo.local${target}`)
    ? new URL(`http://demo.local${target}`)
    : new URL("http://demo.local/");
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    url,
    headers: message.headers,
    cookies: parseCookies(message.headers.cookie),
    body,
  };
}

/** Writes a reply; a HEAD request gets the headers only. Does nothing when the client has gone. */
export function send(response: ServerResponse, reply: Reply, method: string): void {
  if (response.destroyed || response.headersSent) return;
  const body = Buffer.isBuffer(reply.body) ? reply.body : Buffer.from(reply.body, "utf8");
  response.writeHead(reply.status, {
    "x-content-type-options": "nosniff",
    ...reply.headers,
    ...(reply.status === 204 ? {} : { "content-length": String(body.length) }),
  });
  response.end(method === "HEAD" || reply.status === 204 ? undefined : body);
}

/** A JSON reply. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** `303 See Other`, with cookies to set. `location` must be a path of this site. */
export function seeOther(location: string, cookies: string[] = []): Reply {
  return {
    status: 303,
    headers: {
      location,
      "cache-control": "no-store",
      ...(cookies.length > 0 ? { "set-cookie": cookies } : {}),
    },
    body: "",
  };
}

/** Names and decoded values of a Cookie header; the first of a repeated name wins. */
function parseCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null);
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at < 1) continue;
    const name = part.slice(0, at).trim();
    cookies[name] ??= decodeOr(part.slice(at + 1).trim());
  }
  return cookies;
}

/** Percent-decodes, or gives the text back where it is not valid. */
export function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A header's single value, or undefined. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
