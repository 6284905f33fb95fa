/**
 * What turns a local Worker into the demo: its credentials, which exist nowhere but in the bindings made here, and its
 * release. Used by `npm start` and by the end-to-end tests.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SIGN_IN } from "../../demo/site/sign-in-token.ts";

/** The console's token in the demo. */
export const DEMO_ADMIN_TOKEN = "admin_demo";
/** The public key that the demo's pages send events with. */
export const DEMO_WRITE_KEY = "wk_demo";
/** The secret key that the demo's server sends events with. */
export const DEMO_SECRET_KEY = "sk_demo";

const RELEASE = new URL("../../demo/release.json", import.meta.url);

/** Variables and secrets of the demo. `origins` are those that its pages are opened at. */
export function demoVars(masterSecret: string, origins: readonly string[]): Record<string, string> {
  return {
    DEV: "1",
    MASTER_SECRET: masterSecret,
    ADMIN_TOKEN: DEMO_ADMIN_TOKEN,
    SOURCES: JSON.stringify([
      {
        id: "web",
        writeKey: DEMO_WRITE_KEY,
        secretKey: DEMO_SECRET_KEY,
        origins,
        consentCategories: {
          Advertising: "marketing",
          Analytics: "analytics",
          Functional: "personalization",
        },
      },
    ]),
    IDENTITY_ISSUERS: JSON.stringify([{ ...SIGN_IN, claims: { email: "email" } }]),
    TRACE_SLOTS: "1",
    RETRY_BASE_SECONDS: "1",
    ERASURE_SETTLE_SECONDS: "2",
    HUBSPOT_TOKEN: "pat-demo",
    GA4_API_SECRET: "ga4-demo",
    META_TOKEN: "EAAsandbox",
    POSTHOG_PERSONAL_KEY: "phx_sandboxsandbox",
    SALESFORCE_SECRET: "salesforce-demo",
    WEBHOOK_SECRET: "whsec_ZG9vcnN0ZXAtZGVtby13ZWJob29rLXNlY3JldC0wMDE=",
  };
}

/**
 * The master secret of a state folder: made once, kept beside the data that is hashed and sealed with it.
 * @throws when the folder cannot be written.
 */
export async function masterSecretOf(stateDir: string): Promise<string> {
  const file = join(stateDir, "master-secret");
  const known = await readFile(file, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  const secret = randomBytes(32).toString("base64");
  await mkdir(stateDir, { recursive: true });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** Waits until `GET /ready` answers 200; throws what it last answered when that takes too long. */
export async function waitUntilReady(url: string, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const said = await fetch(`${url}/ready`).then(
      async (response) =>
        response.ok ? undefined : `${response.status} ${(await response.text()).slice(0, 500)}`,
      (error: unknown) => String(error),
    );
    if (said === undefined) return;
    if (Date.now() >= deadline) throw new Error(`The Worker is not ready. GET /ready: ${said}`);
    await sleep(100);
  }
}

/**
 * Publishes demo/release.json, with `{{SANDBOX_URL}}` and `{{URL}}` replaced, unless this very text was published
 * before: what an operator has published since then stays. Says which of the two happened.
 */
export async function publishDemoRelease(url: string, sandboxUrl: string): Promise<"published" | "kept"> {
  const text = (await readFile(RELEASE, "utf8"))
    .replaceAll("{{SANDBOX_URL}}", sandboxUrl)
    .replaceAll("{{URL}}", url);
  const note = `demo ${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
  const headers = { authorization: `Bearer ${DEMO_ADMIN_TOKEN}`, "content-type": "application/json" };
  const endpoint = `${url}/admin/api/releases`;

  const listed = await answered(await fetch(endpoint, { headers }), "read the releases");
  // The shape of src/console/routes.ts.
  const { releases } = (await listed.json()) as { releases: { note: string }[] };
  if (releases.some((release) => release.note === note)) return "kept";

  const body = JSON.stringify({ document: JSON.parse(text), note });
  await answered(await fetch(endpoint, { method: "POST", headers, body }), "publish demo/release.json");
  return "published";
}

async function answered(response: Response, action: string): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`Could not ${action}: ${response.status} ${(await response.text()).slice(0, 2000)}`);
}
