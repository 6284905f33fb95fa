/**
 * The console's page: an empty shell that loads its script and style as files, each with the nonce of this one answer, so
 * that the policy can forbid everything else. It holds no data and needs no token; the script asks for one and sends it
 * to `/admin/api`. Called by src/app.ts.
 */

const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    // How content reads while it is written: a sandboxed frame, under this same policy (page/offers/html-frame.ts).
    "frame-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' rx='6' fill='%234f46e5'/%3E%3Cpath d='M8 19V8a4 4 0 0 1 8 0v11M5 19h14' fill='none' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/**
 * `GET /admin`. Its files are `<basePath>/admin/console.js` and `console.css`.
 * @param basePath empty, or such as `/ds`; checked by src/env.ts to be free of anything that HTML would read
 * @param nonce 128 random bits or more as base64url, of this answer alone
 * @param behindAccess Cloudflare Access stands before it, so that one may come in without a token
 */
export function consolePage(basePath: string, nonce: string, behindAccess: boolean): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">${behindAccess ? '\n<meta name="doorstep-access" content="1">' : ""}
<title>Doorstep</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" nonce="${nonce}" href="${basePath}/admin/console.css">
<script type="module" nonce="${nonce}" src="${basePath}/admin/console.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>The console needs JavaScript. Its API does not: ${basePath}/admin/api</noscript>
</body>
</html>
`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policyOf(nonce),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=()",
    },
  });
}
