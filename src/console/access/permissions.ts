/**
 * The one table of who may do what in the operator's API: what each role may, and what each route asks for. A route that
 * is not in it is refused to everybody; a test holds it against the routes that the app really has. Read by guard.ts.
 */
import type { Role } from "#contracts/taxonomy";

export const PERMISSIONS = [
  "events:read",
  "release:read",
  "release:write",
  "delivery:read",
  "delivery:operate",
  "quarantine:read",
  "quarantine:repair",
  "consent:read",
  "person:read",
  "identity:read",
  "identity:manage",
  "subjects:read",
  "subjects:manage",
  "audit:read",
  "access:manage",
  "keys:rotate",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const VIEWER = [
  "events:read",
  "release:read",
  "delivery:read",
  "quarantine:read",
  "consent:read",
  "identity:read",
] as const satisfies readonly Permission[];

const BY_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: VIEWER,
  marketer: [...VIEWER, "release:write"],
  engineer: [...VIEWER, "release:write", "delivery:operate", "quarantine:repair", "keys:rotate"],
  privacy_officer: [
    ...VIEWER,
    "person:read",
    "identity:manage",
    "subjects:read",
    "subjects:manage",
    "audit:read",
  ],
  admin: PERMISSIONS,
};

/** In the order of PERMISSIONS. */
export const permissionsOf = (role: Role): Permission[] =>
  PERMISSIONS.filter((permission) => BY_ROLE[role].includes(permission));

/** What a route asks for. */
export interface RouteRule {
  /** Null: to be let in is enough. */
  permission: Permission | null;
  /** It shows what is known of one person: besides the permission, the actor must be one who may see that. */
  personal?: true;
  /** Not for whoever may see but some sources: what it is about belongs to no single source. */
  everySource?: true;
  /** Action under which it is in the audit log, before it is done. Every change has one. */
  audit?: string;
  /** What the audit log names where the path has no parameter. `created`: the id that guard.ts gives to what is made. */
  target?: "created" | "new";
}

/** By method and path below `/admin/api`. */
export const ROUTES: Readonly<Record<string, RouteRule>> = {
  "GET /me": { permission: null },

  "GET /live": { permission: "events:read" },
  "GET /trace/:event_id": { permission: "events:read" },
  "GET /health": { permission: "delivery:read" },

  "GET /releases": { permission: "release:read" },
  "GET /releases/active": { permission: "release:read" },
  "GET /releases/moves": { permission: "release:read" },
  "GET /releases/diff": { permission: "release:read" },
  "GET /releases/schedule": { permission: "release:read" },
  "GET /releases/:version": { permission: "release:read" },
  "POST /releases": { permission: "release:write", audit: "release.publish", target: "new" },
  // It changes nothing, but says which secrets the Worker has.
  "POST /releases/validate": { permission: "release:write", audit: "release.validate", target: "new" },
  "POST /releases/share": { permission: "release:write", audit: "release.share" },
  "POST /releases/promote": { permission: "release:write", audit: "release.promote" },
  "POST /releases/abort": { permission: "release:write", audit: "release.abort" },
  "POST /releases/:version/rollback": { permission: "release:write", audit: "release.rollback" },
  "POST /releases/schedule": {
    permission: "release:write",
    audit: "release.schedule",
    target: "created",
  },
  "DELETE /releases/schedule/:id": { permission: "release:write", audit: "release.unschedule" },
  "GET /drafts": { permission: "release:read" },
  "GET /drafts/:name": { permission: "release:read" },
  "GET /drafts/:name/diff": { permission: "release:read" },
  "PUT /drafts/:name": { permission: "release:write", audit: "draft.save" },
  "PATCH /drafts/:name": { permission: "release:write", audit: "draft.edit" },
  "DELETE /drafts/:name": { permission: "release:write", audit: "draft.delete" },
  "POST /drafts/:name/validate": { permission: "release:write", audit: "draft.validate" },
  "POST /drafts/:name/rebase": { permission: "release:write", audit: "draft.rebase" },
  "POST /drafts/:name/publish": { permission: "release:write", audit: "draft.publish" },

  // It shows what may be read of releases anyway. Of a person: previews.ts asks for more.
  "POST /previews": { permission: "release:read", audit: "preview.create", target: "created" },

  "GET /content": { permission: "release:read" },
  "GET /content/:source/:content_id": { permission: "release:read" },
  // It asks the CMS with our credentials, and may change what visitors are shown.
  "POST /content/:source/pull": { permission: "release:write", audit: "content.pull" },

  "GET /segments": { permission: "release:read" },
  "GET /segments/:key/overlap": { permission: "release:read" },
  // It changes nothing, but shows to whoever may see them some of those who would be in it.
  "POST /segments/estimate": { permission: "release:read", audit: "segment.estimate" },
  "GET /lists": { permission: "release:read" },
  "POST /lists/:key": { permission: "release:write", everySource: true, audit: "list.import" },

  // Events of all sources are counted together.
  "GET /performance": { permission: "release:read", everySource: true },

  "GET /destinations": { permission: "delivery:read" },
  "GET /destinations/:key": { permission: "delivery:read" },
  // It changes nothing, but calls a vendor with our credentials.
  "POST /destinations/:key/check": { permission: "delivery:operate", audit: "delivery.check" },
  "POST /destinations/:key/pause": { permission: "delivery:operate", audit: "delivery.pause" },
  "POST /destinations/:key/resume": { permission: "delivery:operate", audit: "delivery.resume" },
  // Values of events are shown, as far as the destination would get them; traits are stand-ins.
  "POST /destinations/:key/dry-run": { permission: "release:write", audit: "delivery.dry_run" },
  // A failure names an event, and not its source.
  "GET /failures": { permission: "delivery:read", everySource: true },
  "GET /failures/causes": { permission: "delivery:read", everySource: true },
  "GET /failures/:itemId": { permission: "delivery:operate", everySource: true },
  "PUT /failures/:itemId": { permission: "delivery:operate", everySource: true, audit: "delivery.edit" },
  "POST /failures/:itemId/replay": {
    permission: "delivery:operate",
    everySource: true,
    audit: "delivery.replay",
  },
  "POST /failures/:itemId/discard": {
    permission: "delivery:operate",
    everySource: true,
    audit: "delivery.discard",
  },
  "GET /jobs": { permission: "delivery:read", everySource: true },
  "POST /jobs": {
    permission: "delivery:operate",
    everySource: true,
    audit: "delivery.job",
    target: "created",
  },
  "POST /jobs/:id/:change": {
    permission: "delivery:operate",
    everySource: true,
    audit: "delivery.job_change",
  },
  "GET /reconciliation": { permission: "delivery:read", everySource: true },
  "POST /reconciliation/:day": {
    permission: "delivery:operate",
    everySource: true,
    audit: "delivery.reconcile",
  },

  "GET /quarantine": { permission: "quarantine:read" },
  // It changes nothing, but opens what is sealed; values of persons are masked.
  "POST /quarantine/dry-run": { permission: "quarantine:repair", audit: "quarantine.dry_run" },
  "POST /quarantine/replay": { permission: "quarantine:repair", audit: "quarantine.replay" },
  "POST /quarantine/discard": { permission: "quarantine:repair", audit: "quarantine.discard" },

  "GET /consent/rates": { permission: "consent:read" },
  "GET /consent/counts": { permission: "consent:read" },
  "POST /consent/ledger": {
    permission: "person:read",
    personal: true,
    everySource: true,
    audit: "person.read",
  },

  "POST /profiles/find": {
    permission: "person:read",
    personal: true,
    everySource: true,
    audit: "person.read",
  },
  "POST /profiles/timeline": {
    permission: "person:read",
    personal: true,
    everySource: true,
    audit: "person.read",
  },

  "GET /identity/quality": { permission: "identity:read" },
  "POST /identity/evaluate": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.evaluate",
  },
  "GET /identity/conflicts": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.read",
  },
  "POST /identity/conflicts/settle": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.settle",
  },
  "POST /identity/preview": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.preview",
  },
  "GET /identity/changes": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.read",
  },
  "POST /identity/changes": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.change",
    target: "created",
  },
  "POST /identity/changes/:id/undo": {
    permission: "identity:manage",
    personal: true,
    everySource: true,
    audit: "identity.undo",
  },

  "GET /subject-requests": { permission: "subjects:read", everySource: true },
  "GET /subject-requests/:id": { permission: "subjects:read", everySource: true },
  "POST /subject-requests": {
    permission: "subjects:manage",
    everySource: true,
    audit: "subject_request.create",
    target: "created",
  },
  "POST /subject-requests/:id/verify": {
    permission: "subjects:manage",
    everySource: true,
    audit: "subject_request.verify",
  },
  "POST /subject-requests/:id/cancel": {
    permission: "subjects:manage",
    everySource: true,
    audit: "subject_request.cancel",
  },
  "POST /subject-requests/:id/extend": {
    permission: "subjects:manage",
    everySource: true,
    audit: "subject_request.extend",
  },
  "POST /subject-requests/:id/retry": {
    permission: "subjects:manage",
    everySource: true,
    audit: "subject_request.retry",
  },
  // Without it nobody could check with the person who is named.
  "GET /subject-requests/:id/identities": {
    permission: "person:read",
    personal: true,
    everySource: true,
    audit: "subject_request.identities",
  },
  "GET /subject-requests/:id/results": {
    permission: "person:read",
    personal: true,
    everySource: true,
    audit: "subject_request.results",
  },
  "GET /subject-requests/:id/proof": { permission: "subjects:read", everySource: true },
  "POST /suppressions/check": {
    permission: "subjects:read",
    everySource: true,
    audit: "suppression.check",
  },
  "POST /suppressions/lift": {
    permission: "subjects:manage",
    everySource: true,
    audit: "suppression.lift",
  },

  "GET /audit": { permission: "audit:read" },
  "GET /audit/export": { permission: "audit:read" },
  "GET /audit/checkpoints": { permission: "audit:read" },
  "POST /audit/checkpoints": { permission: "audit:read", audit: "audit.checkpoint" },
  "GET /audit/verify": { permission: "audit:read" },
  // It excuses a chain that does not end as it did: not by whoever may only read it.
  "POST /audit/restored": { permission: "access:manage", audit: "audit.note_restored" },

  "GET /keys": { permission: "keys:rotate" },

  "GET /access/tokens": { permission: "access:manage" },
  "POST /access/tokens": { permission: "access:manage", audit: "access_token.create", target: "created" },
  "POST /access/tokens/:id/revoke": { permission: "access:manage", audit: "access_token.revoke" },
};
