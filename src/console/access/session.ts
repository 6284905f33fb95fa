/** Who makes a request of the operator's API, and by which kind of proof: what authenticate.ts finds out. */
import type { Actor } from "#privacy/actor";

export interface Session {
  actor: Actor;
  /** Epoch ms at which the proof ends; null: never. */
  expiresAt: number | null;
  /** Browsers send the proof by themselves, whichever page asks: a change then needs to come from our own page. */
  ambient: boolean;
}

/** What the guard hands on to the routes. */
export interface AccessVariables {
  actor: Actor;
  session: Session;
  /** Id for what the route makes, where the table says `created`: the audit log has named it already. */
  created: string;
}

/** Whether an actor may see what is of a source. */
export const maySeeSource = ({ sources }: Actor, source: string): boolean =>
  sources === undefined || sources.includes(source);
