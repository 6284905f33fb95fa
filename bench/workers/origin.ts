/** The site behind the measured Workers: any path is the page; `/large` is 10 MB of it; `?wait=50` thinks so many ms first. */
import { largePage, page } from "../fixtures/page.ts";

const encoder = new TextEncoder();
const small = encoder.encode(page());
const large = encoder.encode(largePage());
const HEADERS = { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=60" };

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const wait = Number(searchParams.get("wait"));
    if (wait > 0) await scheduler.wait(wait);
    return new Response(pathname === "/large" ? large : small, { headers: HEADERS });
  },
};
