/**
 * The two documents that are served: `/openapi.json` of the public API and `/admin/openapi.json` of the operator's. Built
 * into static assets by scripts/build-assets.ts, so that the Worker's bundle does not carry them.
 */
import { access } from "./admin/access.ts";
import { audit } from "./admin/audit.ts";
import { consentOfVisitors } from "./admin/consent.ts";
import { consolePages } from "./admin/console.ts";
import { content } from "./admin/content.ts";
import { delivery } from "./admin/delivery.ts";
import { destinationDryRun } from "./admin/destination-dry-run.ts";
import { drafts } from "./admin/drafts.ts";
import { failures } from "./admin/failures.ts";
import { identityChanges } from "./admin/identity-changes.ts";
import { identityConflicts } from "./admin/identity-conflicts.ts";
import { identityQuality } from "./admin/identity-quality.ts";
import { jobs } from "./admin/jobs.ts";
import { keys } from "./admin/keys.ts";
import { performance } from "./admin/performance.ts";
import { previews } from "./admin/previews.ts";
import { profiles } from "./admin/profiles.ts";
import { quarantine } from "./admin/quarantine.ts";
import { receipts } from "./admin/receipts.ts";
import { releases } from "./admin/releases.ts";
import { segments } from "./admin/segments.ts";
import { subjects } from "./admin/subjects.ts";
import type { Group } from "./description.ts";
import { type OpenApiDocument, toDocument } from "./document.ts";
import { consent } from "./public/consent.ts";
import { contentHooks } from "./public/content-hooks.ts";
import { contracts } from "./public/contracts.ts";
import { events } from "./public/events.ts";
import { ga4Api } from "./public/ga4.ts";
import { jitsuApi } from "./public/jitsu.ts";
import { operations } from "./public/operations.ts";
import { privacy } from "./public/privacy.ts";
import { rudderstackApi } from "./public/rudderstack.ts";
import { segmentApi } from "./public/segment.ts";
import { slots } from "./public/slots.ts";
import { snowplowApi } from "./public/snowplow.ts";

export const PUBLIC_GROUPS: readonly Group[] = [
  events,
  segmentApi,
  rudderstackApi,
  jitsuApi,
  snowplowApi,
  ga4Api,
  contracts,
  consent,
  privacy,
  slots,
  contentHooks,
  operations,
];
export const ADMIN_GROUPS: readonly Group[] = [
  receipts,
  releases,
  drafts,
  previews,
  performance,
  content,
  delivery,
  destinationDryRun,
  failures,
  jobs,
  audit,
  quarantine,
  consentOfVisitors,
  profiles,
  identityChanges,
  identityConflicts,
  identityQuality,
  segments,
  subjects,
  access,
  keys,
  consolePages,
];

const ERRORS = `Errors are RFC 9457 \`application/problem+json\` with a stable \`code\`; a path that does not exist answers
404 \`not_found\`. All paths are below the Worker's \`BASE_PATH\`.`;

/** What `/openapi.json` answers. */
export const publicDocument = (): OpenApiDocument =>
  toDocument(
    {
      title: "Doorstep",
      description: `Events, consent and slots of a first-party data plane. ${ERRORS}`,
      server: ".",
    },
    PUBLIC_GROUPS,
  );

/** What `/admin/openapi.json` answers. */
export const adminDocument = (): OpenApiDocument =>
  toDocument(
    {
      title: "Doorstep admin",
      description: `The operator's API. Nothing that it answers may be kept by a cache. ${ERRORS}`,
      server: "..",
    },
    ADMIN_GROUPS,
  );
