/** Sessions for tests that remember something. */
import { addEvents, type RecentEvent, type Session } from "#door/session";

/** The session, remembering these events and no others. */
export function remembering(session: Session, events: readonly RecentEvent[]): Session {
  const own = { ...session, recent: [] };
  addEvents(own, events);
  return own;
}
