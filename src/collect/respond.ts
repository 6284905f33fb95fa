/** The answer to a request, in its protocol's form, with the cookies that go with it; called by accept.ts. */
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { keepsShape } from "#core/shapes";
import { catchUp, catchUpWithProof } from "#door/catch-up";
import type { RequestContext } from "#door/context";
import { corsHeaders } from "#door/cors";
import { forgetVisitor, mayRemember, sessionCookie, visitorCookie, withdrawnCookies } from "#door/respond";
import type { Session } from "#door/session";
import { readSession } from "#door/session-cookie";
import type { Answer, Route } from "./protocols/protocol.ts";
import { rememberEvents } from "./remember.ts";
import type { RequestVisitor } from "./request-visitor.ts";

export interface Answered {
  answer: Answer;
  route: Route;
  origin: string | null;
  ownOrigin: string;
  accepted: readonly AcceptedEvent[];
  context: RequestContext;
  visitor: RequestVisitor;
  session: Session | undefined;
  /** Hash of the receipt that ingest has been told of. */
  told: number;
  /** The client asked not to be recognised. */
  anonymous: boolean;
  /** Our cookies were looked at: a browser's request, and no link that was followed. */
  isRecognised: boolean;
}

/** Sets the id cookie where it is new or old, and the session's where what was just done changes it. */
export function respond(given: Answered): Response | Promise<Response> {
  const { answer, route, context, visitor, accepted } = given;
  // Made at once: each header that is set later is a call into the runtime.
  const headers = kept(corsHeaders(given.origin, given.ownOrigin));
  headers["content-type"] = answer.contentType;
  if (route.method === "GET") headers["cache-control"] = "no-store";
  const respondNow = () => new Response(answer.body, { status: answer.status, headers });

  const secure = !context.settings.DEV;
  if (given.anonymous) return withCookies(respondNow(), forgetVisitor(secure));
  const gone = given.isRecognised ? withdrawnCookies(context) : [];
  const { id, key, renew } = visitor;
  if (id === undefined || accepted.length === 0) return withCookies(respondNow(), gone);
  const changed = changedSession(given);
  const { keys, now } = context;
  if (!changed && gone.length > 0) return withCookies(respondNow(), gone);
  const renewed = async (response: Response) =>
    withCookies(response, [await visitorCookie(keys, id, now, secure)]);
  if (!changed) return renew ? renewed(respondNow()) : respondNow();
  // As with most events: nothing waits but for the seal.
  return sessionCookie(keys, changed, { known: visitor.known, id, key }, secure).then((cookie) => {
    headers["set-cookie"] = cookie;
    return renew ? renewed(respondNow()) : respondNow();
  });
}

const kept = keepsShape<Record<string, string>>();

/** The session with what was just done, where its cookie may be set and has to be issued again. */
function changedSession({
  session,
  told,
  context,
  accepted,
  visitor: { known, id },
}: Answered): Session | undefined {
  const { granted } = context.consent;
  const mayChange = mayRemember(granted) && !context.device.bot;
  if (!session || !mayChange || !rememberEvents(session, accepted, told, context)) return undefined;
  if (context.place.address !== undefined) session.was = context.place;
  const newest = known?.id === id ? known?.newest : undefined;
  const { text } = context.visitor;
  if (newest === undefined || newest === text) return session;
  const [other, before] = [readSession(newest), text === undefined ? undefined : readSession(text)];
  catchUpWithProof(session, other, before);
  if (granted.includes("personalization")) catchUp(session, other, before);
  return session;
}

function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}
