/** The operator's API as the command line asks it. What it refuses is told in its own words. */
import { Stop } from "./stop.ts";

const TIMEOUT_MS = 60_000;

export interface Active {
  revision: number;
  stable: number;
  candidate: number | null;
  share: number;
}

export interface Move extends Active {
  at: string;
  actor: string;
  action: string;
  note: string;
}

export interface Issue {
  path: string;
  message: string;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export type Site = (method: "GET" | "POST", path: string, body?: unknown) => Promise<Answer>;

/** Answers of 401, 403 and 5xx stop; what else is refused is the caller's to read. @throws Stop */
export function siteAt({ url, token }: { url: string; token: string }): Site {
  return async (method, path, body) => {
    const init: RequestInit = {
      method,
      redirect: "manual",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const response = await fetch(`${url}/admin/api${path}`, init).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Stop(2, `${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
    });
    const answer = { status: response.status, body: await jsonOf(response, url) };
    const detail = String(answer.body.detail ?? "");
    if (response.status === 401) throw new Stop(2, `The token is missing, wrong or expired. ${detail}`);
    if (response.status === 403) throw new Stop(2, `The token may not do this. ${detail}`);
    if (response.status >= 500) throw new Stop(2, `${url} answers ${response.status}. ${detail}`);
    return answer;
  };
}

async function jsonOf(response: Response, url: string): Promise<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(await response.text());
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>; // an object, as just seen
  } catch {
    // Said below: it is no answer of Doorstep.
  }
  throw new Stop(
    2,
    `${url} answers ${response.status}, and not as Doorstep does: is it the address, with its base path?`,
  );
}

/** What a refusal says, with its issues and who moved meanwhile. */
export function refusalOf({ body }: Answer): string {
  const issues = (body.issues ?? []) as Issue[];
  const lines = issues.map(({ path, message }) => `  ${path || "the document"}: ${message}`);
  return [String(body.detail ?? body.code), ...lines, ...movesIn((body.moves ?? []) as Move[])].join("\n");
}

export const movesIn = (moves: readonly Move[]): string[] =>
  moves.map(
    ({ at, actor, action, stable, candidate, note }) =>
      `  ${at} ${actor}: ${action}, version ${candidate ?? stable}${note ? ` (${note})` : ""}`,
  );

/** @throws Stop where it is not of this status */
export function expected(answer: Answer, status: number): Record<string, unknown> {
  if (answer.status === status) return answer.body;
  throw new Stop(1, refusalOf(answer));
}
