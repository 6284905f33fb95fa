/** The views by their key in the address, in the order of the tabs, and what one needs to see each. */
import { accessView } from "./access/view.ts";
import { auditView } from "./audit/view.ts";
import { consentView } from "./consent.ts";
import { OF_IDENTITY } from "./identity/needs.ts";
import { qualityView } from "./identity/quality.ts";
import { conflictsView } from "./identity/view.ts";
import { lazyView } from "./lazy.ts";
import { liveView } from "./live.ts";
import { OF_A_PERSON } from "./may.ts";
import { profilesView } from "./profile/view.ts";
import { quarantineView } from "./quarantine.ts";
import { requestsView } from "./requests/view.ts";
import type { Place } from "./shell.ts";

export const PLACES: Record<string, Place> = {
  live: { title: "Live", needs: { oneOf: ["events:read"] }, make: liveView },
  segments: {
    title: "Segments",
    needs: { oneOf: ["release:read"] },
    make: lazyView("Segments", async () => (await import("./segments/view.ts")).segmentsView()),
  },
  offers: {
    title: "Offers",
    needs: { oneOf: ["release:read"] },
    make: lazyView("Offers", async () => (await import("./offers/view.ts")).offersView()),
  },
  destinations: {
    title: "Destinations",
    needs: { oneOf: ["delivery:read"] },
    make: lazyView("Destinations", async () => (await import("./delivery/view.ts")).destinationsView()),
  },
  quarantine: { title: "Quarantine", needs: { oneOf: ["quarantine:read"] }, make: quarantineView },
  consent: { title: "Consent", needs: { oneOf: ["consent:read"] }, make: consentView },
  release: {
    title: "Release",
    needs: { oneOf: ["release:read"] },
    make: lazyView("Release", async () => (await import("./release/view.ts")).releaseView()),
  },
  identity: { title: "Identity", needs: { oneOf: ["identity:read"] }, make: qualityView },
  profiles: { title: "Profiles", needs: OF_A_PERSON, make: profilesView },
  conflicts: { title: "Conflicts", needs: OF_IDENTITY, make: conflictsView },
  requests: { title: "Requests", needs: { oneOf: ["subjects:read"], everySource: true }, make: requestsView },
  access: { title: "Access", needs: { oneOf: ["access:manage", "keys:rotate"] }, make: accessView },
  audit: { title: "Audit", needs: { oneOf: ["audit:read"] }, make: auditView },
};
