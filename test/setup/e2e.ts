/**
 * The whole product for an end-to-end test: the Worker as built for `npm start`, on its own port and an empty state
 * folder, with the demo site behind it, the vendor sandbox as its vendors, and the demo release published.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemo } from "../../demo/server.ts";
import {
  DEMO_ADMIN_TOKEN,
  demoVars,
  masterSecretOf,
  publishDemoRelease,
  waitUntilReady,
} from "../../scripts/local/demo.ts";
import { freePort } from "../../scripts/local/ports.ts";
import { type Local, startLocal } from "../../scripts/local.ts";

export type Vendor = "hubspot" | "ga4" | "webhook";

/** One request that a vendor of the sandbox received, oldest first; `status` is null while it is held back. */
export interface Received {
  id: number;
  at: string;
  vendor: Vendor;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string | string[]>;
  body: unknown;
  status: number | null;
}

/** What a vendor is to do with its next `count` requests (1). `hold` keeps them until `clearFaults`. */
export interface Fault {
  vendor: Vendor;
  mode: "500" | "429" | "timeout" | "reset" | "partial" | "unauthorized" | "hold";
  count?: number;
  category?: string;
}

export interface Product {
  /** `http://localhost:<port>`: the Worker, and the demo site behind it. */
  url: string;
  sandboxUrl: string;
  /** Where D1, KV, R2 and Durable Objects keep what they store. */
  stateDir: string;
  local: Local;
  /** Waits until the queues are done; throws what was left when that takes more than 30 s. */
  settle(): Promise<void>;
  received(vendor?: Vendor): Promise<Received[]>;
  /** Makes every vendor forget what it received and stored. */
  forget(): Promise<void>;
  fault(fault: Fault): Promise<void>;
  clearFaults(vendor?: Vendor): Promise<void>;
  /** Armed faults, and how many requests each vendor holds back now. */
  faults(): Promise<{ faults: unknown[]; held: Record<string, number> }>;
  /** The contacts that the HubSpot sandbox holds. */
  contacts(): Promise<{ id: string; properties: Record<string, string | null> }[]>;
  /** A request to the operator's API, such as `/live`, with the demo's token. */
  admin(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Starts everything. `vars` go over those of the demo. */
export async function startProduct({ vars = {} }: { vars?: Record<string, string> } = {}): Promise<Product> {
  const stateDir = await mkdtemp(join(tmpdir(), "doorstep-e2e-"));
  const demo = await startDemo({ port: 0, stateDir: join(stateDir, "demo") });
  const sandboxUrl = demo.url;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const local = await startLocal({
    port,
    stateDir,
    sandboxUrl,
    quiet: true,
    isBuilt: true, // test/setup/built.ts
    vars: { ...demoVars(await masterSecretOf(stateDir), [url, `http://127.0.0.1:${port}`]), ...vars },
  });
  const close = async () => {
    await local.close();
    await demo.close();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(url);
    await publishDemoRelease(url, sandboxUrl);
  } catch (error) {
    await close();
    throw error;
  }

  const sandbox = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(sandboxUrl + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T; // the shapes of demo/sandbox/control.ts
  };
  const of = (vendor?: Vendor) => (vendor ? `?vendor=${vendor}` : "");

  return {
    url,
    sandboxUrl,
    stateDir,
    local,
    async settle() {
      const { drained, left } = await local.drain({ timeoutMs: 240_000 });
      if (!drained) throw new Error(`The queues are not done: ${JSON.stringify(left)}`);
    },
    received: (vendor) => sandbox(`/_received${of(vendor)}`),
    async forget() {
      await sandbox("/_received", { method: "DELETE" });
    },
    async fault(fault) {
      await sandbox("/_faults", { method: "POST", body: JSON.stringify(fault) });
    },
    async clearFaults(vendor) {
      await sandbox(`/_faults${of(vendor)}`, { method: "DELETE" });
    },
    faults: () => sandbox("/_faults"),
    contacts: () => sandbox("/_contacts"),
    admin: (path, init) =>
      fetch(`${url}/admin/api${path}`, {
        ...init,
        headers: { authorization: `Bearer ${DEMO_ADMIN_TOKEN}`, ...init?.headers },
      }),
    close,
  };
}
