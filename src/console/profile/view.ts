/**
 * What the operator's API says of one profile: `POST /admin/api/profiles/find` and `…/timeline`. Times are ISO. Keys of
 * identifiers stand for their values, which are kept nowhere; values of traits are personal. Read by the console's page.
 */
import type { IdentityState, LifecycleStage, Purpose } from "#contracts/taxonomy";
import type { Explained } from "#core/condition/explain";
import type { PersonLedger } from "../consent-ledger.ts";
import type { EventEntry, SlotEntry } from "../entry.ts";

/** How an identifier came to be known. */
export type Proof =
  /** Our own signed cookie. */
  | "cookie"
  /** A signed token of somebody who had logged in. */
  | "token"
  /** A source with a secret key. */
  | "source"
  /** An operator's word. */
  | "operator"
  /** Derived by a match rule of the release. */
  | "rule"
  /** The same value under another version of the look-up key. */
  | "version"
  /** A browser or app sent it with its own id. */
  | "device"
  /** Somebody said so on a device, and nothing proves it: its facts are kept apart. */
  | "claim";

export interface ProfileMember {
  key: string;
  namespace: string;
  proof: Proof;
  /** `proof` in words. */
  explained: string;
  /** The device that a claim was made on; else null. */
  device: string | null;
  first_at: string | null;
  seen_at: string | null;
  suppressed: boolean;
  /** Several people were proved in it: nothing personal is shown there. */
  shared: boolean;
  /** Links of it that join nothing, since they would make one person of two. */
  conflicts: number;
}

export interface ProfileLink {
  a: string;
  b: string;
  kind: string;
  strength: number;
  state: "live" | "pending" | "revoked";
  at: string | null;
  /** Id of the source; of an operator's word theirs. */
  source: string;
  event_id: string;
  /** Why it joins nothing though it is live; null: it joins. */
  conflict: string | null;
  /** Root of the other profile that it leads to; null: both ends are this one's. */
  other: string | null;
  /** In words. */
  explained: string;
}

/** One value of a trait, and where it is from. */
export interface TraitValue {
  value: string;
  /** Id of the source; null: from before sources were kept. */
  source: string | null;
  event_id: string | null;
  at: string | null;
  /** A secret-key source or a token told it. */
  verified: boolean;
  /** Identifier whose fact it is. */
  key: string;
}

export interface GoldenField extends TraitValue {
  field: string;
  /** By which rule it was chosen. */
  why: string;
  /** Whether a purpose that is not denied may have it; else no destination gets it. */
  used: boolean;
  /** The others, each with what it lost by. */
  others: (TraitValue & { why: string })[];
}

export interface ProfileSegment {
  name: string;
  purpose: Purpose;
  description: string;
  in: boolean;
  /** Whether its purpose is granted now; else nobody is shown or sent anything by it. */
  used: boolean;
  why: Explained;
}

/** What the edge knows of one visitor of the profile. */
export interface EdgeView {
  key: string;
  snapshot: {
    version: number;
    as_of: string;
    release: number;
    state: IdentityState;
    segments: string[];
    granted: string[];
  } | null;
}

/** A merge, a split, or what an operator changed. */
export interface HistoryEntry {
  at: string;
  /** `merged`, `split`, or an operator's action. */
  what: string;
  /** Who did it; null: a batch of events. */
  by: string | null;
  note: string;
  /** Id of the operator's change, which can be undone; else null. */
  change: string | null;
  undone_at: string | null;
  /** Roots; keys of which only the audit log knows are not named. */
  before: string[];
  after: string[];
}

export interface ProfileView {
  root: string;
  /** The keys that were asked for. */
  named: string[];
  state: IdentityState;
  /** Why it is in this state; sentences. */
  why: string[];
  suppressed: boolean;
  first_at: string | null;
  seen_at: string | null;
  members: ProfileMember[];
  links: ProfileLink[];
  /** There are more claims than are listed. */
  more_claims: boolean;
  golden: GoldenField[];
  features: {
    name: string;
    purpose: Purpose;
    /** `true`: a sequence holds. Objects: an affinity's shares, an RFM's scores. */
    value: string | number | true | Readonly<Record<string, string | number>>;
    /** Of an RFM: what lies between its quantiles, drawn each night; else null. */
    cuts: Record<"recency" | "frequency" | "monetary", readonly number[]> | null;
    /** When the value changes next if nothing happens; null: it stays. */
    changes_at: string | null;
  }[];
  /** When its segments, or what is decided by its features, change next if nothing happens; never later. Null: never. */
  changes_at: string | null;
  segments: ProfileSegment[];
  /** What it entered and left lately, newest first. `time`: without an event of its own. */
  segment_history: { at: string; segment: string; change: "entered" | "left"; by: "event" | "time" }[];
  /** Imported lists that name one of its identifiers, also where no purpose may know. */
  lists: string[];
  /** By the release's `profile`; null: it has none. A destination may have been told of a further stage. */
  lifecycle: { stage: LifecycleStage | null; score: number | null; purpose: Purpose; used: boolean } | null;
  consents: Omit<PersonLedger, "audit_targets" | "profile">;
  edge: EdgeView[];
  /** Newest first. */
  history: HistoryEntry[];
  /** How the audit log names the person, by each identifier. */
  audit_targets: string[];
}

/** One of several profiles that an identifier leads to. */
export interface Candidate {
  /** To open it by. */
  key: string;
  root: string;
  /** `known`: it is an identifier of the profile; `claimed`: a device only says so. */
  standing: "known" | "claimed";
  /** Of its identifiers, each once. */
  namespaces: string[];
  members: number;
  seen_at: string | null;
}

export interface Candidates {
  candidates: Candidate[];
  /** There are more than are listed. */
  more: boolean;
}

export type TimelineEntry =
  | (EventEntry & { properties: Record<string, unknown> | null; entered: string[]; left: string[] })
  | SlotEntry;

export interface ProfileTimeline {
  /** Newest first. */
  entries: TimelineEntry[];
  /** All hours from here on have been looked at. */
  looked_back_to: string;
  /** Where there may be older ones: the `before` of the next call. */
  before: string | null;
  /** First event of the profile; null: not known. */
  first_at: string | null;
  /** Objects that this call read. */
  objects: number;
}
