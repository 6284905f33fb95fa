/**
 * The vendor sandbox: HubSpot, GA4 and a signed webhook behind one door, with a log of what they
 * received (`/_received`), faults to inject (`/_faults`), HubSpot's contacts (`/_contacts`) and what hangs on them (`/_crm`), the deletions that vendors
 * were asked for (`/_deletions`) and a page that shows it all (`/_sandbox`). `demo/server.ts` hosts it beside the demo site.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { DemoRequest } from "../http.ts";
import { json, send } from "../http.ts";
import { createControl } from "./control.ts";
import type { Fault } from "./faults.ts";
import { createFaults } from "./faults.ts";
import { createUserDeletion } from "./ga4/deletion.ts";
import { createGa4 } from "./ga4/ga4.ts";
import { createContacts } from "./hubspot/contacts.ts";
import { createHubspot } from "./hubspot/hubspot.ts";
import { createMeta } from "./meta/meta.ts";
import { createPosthog } from "./posthog/posthog.ts";
import { createRecords } from "./records.ts";
import { createSalesforce } from "./salesforce/salesforce.ts";
import type { FailureKind, Vendor } from "./vendor.ts";
import { createWebhook } from "./webhook.ts";
import { createWordpressVendor } from "./wordpress/wordpress.ts";

const TIMEOUT_MS = 60_000;

/** The sandbox as the server sees it. `handle` answers, holds or breaks the response itself. */
export type Sandbox = {
  owns(path: string): boolean;
  handle(request: DemoRequest, message: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** A sandbox with empty stores. `now` gives epoch milliseconds. */
export function createSandbox({ now }: { now: () => number }): Sandbox {
  const records = createRecords();
  const faults = createFaults();
  const contacts = createContacts();
  const deletion = createUserDeletion();
  const vendors = {
    hubspot: createHubspot(contacts),
    ga4: createGa4(deletion),
    salesforce: createSalesforce(),
    meta: createMeta(),
    posthog: createPosthog(),
    webhook: createWebhook(),
    wordpress: createWordpressVendor(),
  } satisfies Record<string, Vendor>;
  const control = createControl({
    records,
    faults,
    contacts,
    crm: () => vendors.hubspot.crm(),
    deletion,
    reset: () => {
      for (const vendor of Object.values(vendors)) vendor.reset();
    },
  });

  const vendorOf = (path: string) => Object.entries<Vendor>(vendors).find(([, vendor]) => vendor.owns(path));

  return {
    owns: (path) => path.startsWith("/_") || vendorOf(path) !== undefined,

    async handle(request, message, response) {
      const found = vendorOf(request.path);
      if (found === undefined) return send(response, await control(request), request.method);

      const [name, vendor] = found;
      const record = records.add(name, request, new Date(now()));
      const fault = faults.take(name);
      if (fault !== null) record.fault = fault.mode;
      const whenGone = (leave: () => void) => response.once("close", leave);

      if (fault?.mode === "reset") {
        message.socket.resetAndDestroy();
        return;
      }
      if (fault?.mode === "timeout") {
        const timer = setTimeout(() => message.socket.destroy(), TIMEOUT_MS);
        timer.unref();
        whenGone(() => clearTimeout(timer));
        return;
      }
      if (fault?.mode === "hold" && (await faults.hold(name, whenGone)) === "gone") return;

      const reply =
        fault === null
          ? vendor.answer(request, { now: new Date(now()) })
          : failing(vendor, fault, request, now());
      Object.assign(record, "note" in reply ? reply.note : {});
      record.status = reply.status;
      send(response, reply, request.method);
    },
  };
}

const FAILURE_OF = {
  "500": "server_error",
  "429": "rate_limited",
  unauthorized: "unauthorized",
  forbidden: "forbidden",
  hold: "unavailable",
} as const satisfies Record<string, FailureKind>;

function failing(vendor: Vendor, fault: Fault, request: DemoRequest, now: number) {
  if (fault.mode === "partial") {
    if (!vendor.supportsPartial) return vendor.failure("server_error");
    return vendor.answer(request, {
      now: new Date(now),
      partial: { category: fault.category ?? "INTERNAL_ERROR" },
    });
  }
  if (fault.mode === "timeout" || fault.mode === "reset") return json(500, { error: "unreachable" });
  return vendor.failure(FAILURE_OF[fault.mode]);
}
