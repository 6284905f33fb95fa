/**
 * What only a real browser and a real socket can show: that hostile content in a slot runs nowhere, also where a page takes
 * it in as markup a second time, and what becomes of requests that `fetch` would never send.
 */
import { connect } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";

/** Each calls `alert` where anything of it runs. Some change their shape when they are parsed a second time. */
const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '<a href="javascript:alert(1)" id="hit" autofocus onfocus=alert(1)>x</a>',
  "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  "<details open ontoggle=alert(1)><summary>x</summary></details>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<template><img src=x onerror=alert(1)></template><textarea><img title="</textarea><img src onerror=alert(1)>">',
  "<p title='</p><img src=x onerror=alert(1)>'>x</p><p id='`onmouseover=alert(1) '>x",
  '<div style="background:url(javascript:alert(1));width:expression(alert(1))" data-x=\'"><img src onerror=alert(1)>\'>x</div>',
  '<a href="&#x6A;avascript&colon;alert(1)" id="hit2">x</a><object data="data:text/html,<script>alert(1)</script>">',
];

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

interface Document {
  slots: Record<string, { fallback: string | null }>;
  offers: object;
  content: Record<string, { html: string }>;
}

/** The demo's release, with this as what its slot shows everybody. */
async function publish(html: string): Promise<void> {
  const active = (await (await product.admin("/releases/active")).json()) as { document: Document };
  const { hero } = active.document.slots;
  const document = {
    ...active.document,
    slots: { ...active.document.slots, hero: { ...hero, fallback: "hostile" } },
    offers: {},
    content: { ...active.document.content, hostile: { html: `<p class="shown">Shown</p>${html}` } },
  };
  const body = JSON.stringify({ document, note: "hostile" });
  const headers = { "content-type": "application/json" };
  const response = await product.admin("/releases", { method: "POST", headers, body });
  expect(response.status, await response.clone().text()).toBe(201);
}

describe("hostile content of a slot", () => {
  it.each(HOSTILE)("runs nowhere in a browser: %s", async (html) => {
    await publish(html);
    // No policy helps: neither the site's nor the fragment's own.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    const ran: string[] = [];
    page.on("dialog", (dialog) => {
      ran.push(dialog.message());
      void dialog.dismiss();
    });
    // In the site's page as it streams.
    await page.goto(`${product.url}/`, { waitUntil: "load" });
    await page.waitForSelector('[data-doorstep-slot="hero"] .shown');
    // As a fragment that a page takes in, and once more from what the browser made of it.
    await page.evaluate(async () => {
      const response = await fetch("/slots/hero", { headers: { accept: "text/html" } });
      const element = document.createElement("div");
      document.body.appendChild(element);
      element.innerHTML = await response.text();
      for (let again = 0; again < 3; again++) {
        const written = element.innerHTML;
        element.innerHTML = written;
      }
      for (const link of element.querySelectorAll("a")) link.click();
      for (const each of element.querySelectorAll<HTMLElement>("*")) each.focus();
    });
    // Where somebody is led to its own address.
    await page.goto(`${product.url}/slots/hero`, { waitUntil: "load" });
    await page.waitForTimeout(100);
    expect(ran).toEqual([]);
    const marks = await page.evaluate(
      () => document.querySelectorAll("script,iframe,object,svg,math,style").length,
    );
    expect(marks).toBe(0);
    await context.close();
  });

  it("would be noticed: the same page says so of a script of its own", async () => {
    const page = await browser.newPage({ bypassCSP: true });
    const ran: string[] = [];
    page.on("dialog", (dialog) => {
      ran.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(`${product.url}/`, { waitUntil: "load" });
    await page.evaluate(() => {
      const element = document.createElement("div");
      document.body.appendChild(element);
      element.innerHTML = "<img src=x onerror=alert(1)>";
    });
    await page.waitForTimeout(300);
    expect(ran).toEqual(["1"]);
    await page.close();
  });
});

/** Sends bytes and gives what comes back until the connection ends, or stands still for a while. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(product.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(1_500, () => socket.destroy());
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? resolve(answer) : reject(error),
    );
    socket.on("close", () => resolve(answer));
  });
}

describe("a request that no browser sends", () => {
  const host = () => new URL(product.url).host;

  it.each(["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"])(
    "%s is not answered with what it carried",
    async (method) => {
      const answer = await raw(
        `${method} /events HTTP/1.1\r\nhost: ${host()}\r\nauthorization: Bearer planted-secret\r\ncookie: a=planted-secret\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).not.toContain("planted-secret");
      expect(answer).not.toMatch(/^HTTP\/1\.1 [123]/);
    },
  );

  it.each([
    [
      "a bare line feed in a header",
      "GET /health HTTP/1.1\r\nhost: HOST\r\nx-a: b\nset-cookie: planted=1\r\n",
    ],
    ["a folded header", "GET /health HTTP/1.1\r\nhost: HOST\r\nx-a: b\r\n set-cookie: planted=1\r\n"],
    ["a line end in the path", "GET /slots/x\rset-cookie:planted HTTP/1.1\r\nhost: HOST\r\n"],
    ["two lengths", "POST /events HTTP/1.1\r\nhost: HOST\r\ncontent-length: 2\r\ncontent-length: 40\r\n"],
    [
      "a length and chunks",
      "POST /events HTTP/1.1\r\nhost: HOST\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n",
    ],
    ["no host", "GET /health HTTP/1.1\r\n"],
    ["two hosts", "GET /admin HTTP/1.1\r\nhost: HOST\r\nhost: evil.example\r\n"],
  ])("%s smuggles nothing in", async (_what, head) => {
    const second = "GET /admin/api/me HTTP/1.1\r\nhost: evil.example\r\nx-planted: 1\r\n\r\n";
    const answer = await raw(`${head.replace("HOST", host())}connection: close\r\n\r\n0\r\n\r\n${second}`);
    expect(answer.match(/^HTTP\/1\.1 /gm)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(answer).not.toMatch(/^set-cookie: planted/im);
    expect((await fetch(`${product.url}/health`)).status).toBe(200);
  });
});
