/** An audit log as a deployment has it, with its keys, behind a real HTTP server that answers as the admin API does. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type AuditEntry, GENESIS, hashEntry } from "#privacy/audit/chain";
import { type Checkpoint, signCheckpoint } from "#privacy/audit/checkpoint";
import { type AuditSigner, auditSigner } from "#privacy/audit/signer";

export const TOKEN = "dst_1_secret";
export const SECRET = "s".repeat(32);

export const signerOf = (
  secret: string,
  version = 1,
  before: Record<string, string> = {},
): Promise<AuditSigner> =>
  auditSigner({
    MASTER_SECRET: secret,
    MASTER_SECRET_VERSION: version,
    MASTER_SECRETS_BEFORE: before,
    TENANT: "shop",
  });

/** What of an entry a test chooses. */
type Said = Pick<AuditEntry, "action" | "target" | "detail">;

export interface Log {
  entries: AuditEntry[];
  checkpoints: Checkpoint[];
  signer: AuditSigner;
  /** Where the server says that each page goes on, if it does not say so itself. */
  next?: number;
}

/** A log of so many entries, with a checkpoint after each fifth. */
export async function logOf(
  count: number,
  signer: AuditSigner,
  say: (seq: number) => Partial<Said> = () => ({}),
): Promise<Log> {
  const entries: AuditEntry[] = [];
  const checkpoints: Checkpoint[] = [];
  let prev = GENESIS.hash;
  for (let seq = 1; seq <= count; seq++) {
    const at = 1_795_341_600_000 + seq;
    const actor = { id: "root", name: "Root", role: "admin" };
    const entry = { seq, at, actor, action: "person.read", target: `p${seq}`, detail: {}, ...say(seq) };
    const hash = await hashEntry(prev, entry);
    entries.push({ ...entry, prev, hash });
    if (seq % 5 === 0) checkpoints.push(await signCheckpoint(signer, { seq, hash }, at));
    prev = hash;
  }
  return { entries, checkpoints, signer };
}

/** Pages are small, so that there are several. */
const PAGE = 4;

/** Serves whatever `log` is when it is asked. */
export async function serve(log: () => Log): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const after = Number(searchParams.get("after"));
    const pageOf = <T extends { seq: number }>(all: readonly T[]) => {
      const page = all.filter(({ seq }) => seq > after).slice(0, PAGE);
      return { page, next: log().next ?? (page.length === PAGE ? (page.at(-1)?.seq ?? null) : null) };
    };
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) answer(401, { code: "unauthorized" });
    else if (pathname === "/ds/admin/api/audit/export") {
      const { page, next } = pageOf(log().entries);
      answer(200, { entries: page, next });
    } else if (pathname === "/ds/admin/api/audit/checkpoints") {
      const { page, next } = pageOf(log().checkpoints);
      const keys = (await log().signer.publicKeys()).map(({ jwk }) => jwk);
      answer(200, { checkpoints: page, next, public_key: keys[0], public_keys: keys });
    } else answer(404, { code: "not_found" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/ds`, server };
}
