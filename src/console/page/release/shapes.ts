/** What the API says of releases, as docs/releases.md has it. */
import type { ReleaseInput } from "#contracts/definitions/release";
import type { Issue } from "../api.ts";

export interface ActivePointer {
  revision: number;
  stable: number;
  candidate: number | null;
  share: number;
}

export interface PastRelease {
  version: number;
  note: string;
  author: string;
  created_at: string;
  parent: number | null;
  state: "stable" | "candidate" | "scheduled" | "former";
  summary: { added: number; removed: number; changed: number } | null;
}

export interface OneRelease extends Omit<PastRelease, "summary"> {
  document: ReleaseInput;
}

export interface Scheduled {
  id: string;
  at: string;
  version: number;
  actor: string;
  note: string;
  state: "waiting" | "published" | "cancelled" | "failed";
  reason: string | null;
}

export interface Move {
  revision: number;
  at: string;
  actor: string;
  action: string;
  stable: number;
  candidate: number | null;
  share: number;
  note: string;
}

export interface Validity {
  ok: boolean;
  issues: Issue[];
  warnings: Issue[];
  speeds: Record<string, { label: "next_request" | "within_120s"; reasons: string[] }>;
}
