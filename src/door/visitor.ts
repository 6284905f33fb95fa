/** The visitor as our own cookies show them. */
import type { Session } from "./session.ts";

export interface Visitor {
  /** The random id in `ds_id`, if its signature holds. */
  id?: string;
  /** Its identifier key, `visitor_id:1.<hash>`: names the edge snapshot and the row in D1. */
  key?: string;
  /** The decrypted session, if it belongs to this visitor. */
  session?: Session;
}
