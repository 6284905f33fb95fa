/**
 * A site for pages with slots: a real HTTP server that packs its answers, streams, answers ranges, takes forms, speaks
 * WebSocket and fails, as origins do; with the Worker in front of it and a release published. Called by
 * test/e2e/slots-page.test.ts.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { ReleaseInput } from "#contracts/definitions/release";
import { DEMO_ADMIN_TOKEN, demoVars, masterSecretOf, waitUntilReady } from "../../scripts/local/demo.ts";
import { freePort } from "../../scripts/local/ports.ts";
import { startLocal } from "../../scripts/local.ts";

export interface SlotsSite {
  url: string;
  close(): Promise<void>;
}

const PACKED: Record<string, (text: Buffer) => Buffer> = {
  gzip: (text) => gzipSync(text),
  br: (text) => brotliCompressSync(text),
  deflate: (text) => deflateSync(text),
};

/** @param pages path → what is served there; a function answers by itself */
export type SitePages = Record<
  string,
  string | ((request: IncomingMessage, response: ServerResponse) => void)
>;

export const page = (body: string, head = ""): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>${head}</head><body>${body}</body></html>`;

/** Starts the site, with the Worker before it. `?enc=gzip` packs a page, whatever was asked for. */
export async function startSlotsSite(release: ReleaseInput, pages: SitePages): Promise<SlotsSite> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://site");
    const found = pages[pathname];
    if (typeof found === "function") return found(request, response);
    if (found === undefined)
      return void response.writeHead(404, { "content-type": "text/html" }).end("<h1>nothing here</h1>");
    const encoding = searchParams.get("enc") ?? "";
    const pack = PACKED[encoding];
    const body = pack ? pack(Buffer.from(found)) : Buffer.from(found);
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-length": body.length,
      etag: '"1"',
      ...(pack && { "content-encoding": encoding }),
    });
    response.end(body);
  });
  // Says hello and then whatever it hears, in small frames: https://www.rfc-editor.org/rfc/rfc6455
  server.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on("data", (frame: Buffer) => {
      if ((frame[0] ?? 0) !== 0x81) return socket.end();
      const length = (frame[1] ?? 0) & 0x7f;
      const text = frame.subarray(6, 6 + length).map((byte, n) => byte ^ (frame[2 + (n % 4)] ?? 0));
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    });
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stateDir = await mkdtemp(join(tmpdir(), "doorstep-slots-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const local = await startLocal({
    port,
    stateDir,
    sandboxUrl: origin,
    quiet: true,
    isBuilt: true, // test/setup/built.ts
    vars: demoVars(await masterSecretOf(stateDir), [url]),
  });
  const close = async () => {
    await local.close();
    server.closeAllConnections();
    server.close();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(url);
    const answer = await fetch(`${url}/admin/api/releases`, {
      method: "POST",
      headers: { authorization: `Bearer ${DEMO_ADMIN_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ document: release, note: "slots" }),
    });
    if (!answer.ok) throw new Error(`publish: ${answer.status} ${await answer.text()}`);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}
