/**
 * What a visitor sees where the site behind us does not answer at all. An answer of the site, an error too, goes on as it is.
 * Called by serve.ts.
 */
import type { Problem } from "#core/problem";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The problem as a page, for whom asked for a page. */
export function unreachablePage({ status, code, message }: Problem): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The site cannot be reached</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}</style></head>
<body><main><h1>The site cannot be reached</h1><p>${message} Please try again in a moment.</p><p><small>${status} ${code}</small></p></main></body></html>`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "retry-after": "10",
      "content-security-policy": POLICY,
    },
  });
}
