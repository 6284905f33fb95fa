/** Sessions for tests that remember something. */
import { addEvent, type RecentEvent, type Session } from "#door/session";

/** The session, remembering these events and no others. */
export function remembering(session: Session, events: readonly RecentEvent[]): Session {
  const own = { ...session, recent: [] };
  for (const event of events) addEvent(own, event);
  return own;
}
