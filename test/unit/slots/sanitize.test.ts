/** Sanitising: nothing that runs gets through, and what shows content does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sanitizeHtml } from "#slots/sanitize";
import { fastest } from "../../setup/fastest.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  "<<script>alert(1);//<</script>",
  "<script\n>alert(1)</script\n>",
  "<script/x>alert(1)</script>",
  "<script>alert(1)",
  "<img src=x onerror=alert(1)>",
  "<img src=x OnErRoR=alert(1)>",
  "<img/src=x/onerror=alert(1)>",
  '<img src="x"onerror="alert(1)">',
  "<img src=`x` onerror=alert(1)>",
  '<img """><script>alert(1)</script>">',
  "<img src='x' onerror\n=\n'alert(1)'>",
  '<img src="javascript:alert(1)">',
  "<a href=javascript:alert(1)>x</a>",
  '<a href=" javascript:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java\nscript:alert(1)">x</a>',
  '<a href="java\0script:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
  '<a href="java&#38;#115;cript:alert(1)">x</a>',
  '<a href="&amp;#106;avascript:alert(1)">x</a>',
  '<a href="java&Tab;script:alert(1)">x</a>',
  '<a href="javascript&colon;alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="data:image/svg+xml,<svg onload=alert(1)>">x</a>',
  '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
  '<img srcset="javascript:alert(1) 1x, /a.png 2x">',
  '<a href="\\\\evil.example">x</a>',
  '<div style="width: expression(alert(1))">x</div>',
  '<div style="background:url(javascript:alert(1))">x</div>',
  '<div style="position:fixed;top:0;left:0;z-index:9999">x</div>',
  '<div style="behavior:url(x.htc)">x</div>',
  "<style>@import 'javascript:alert(1)';</style>",
  '<link rel="stylesheet" href="javascript:alert(1)">',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<base href="javascript:alert(1)//">',
  "<iframe src=javascript:alert(1)></iframe>",
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  "<object data=javascript:alert(1)></object>",
  "<embed src=javascript:alert(1)>",
  "<svg onload=alert(1)></svg>",
  "<svg><script>alert(1)</script></svg>",
  "<svg><style><img src=x onerror=alert(1)></style></svg>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
  "<template><img src=x onerror=alert(1)></template>",
  "<textarea></textarea><img src=x onerror=alert(1)>",
  "<title></title><img src=x onerror=alert(1)>",
  "<body onload=alert(1)>",
  "<form action=javascript:alert(1)><input type=submit></form>",
  '<button formaction="javascript:alert(1)">x</button>',
  "<details open ontoggle=alert(1)>x</details>",
  "<video><source onerror=alert(1)></video>",
  "<marquee onstart=alert(1)>x</marquee>",
  "<!--><img src=x onerror=alert(1)>-->",
  "<!--[if IE]><script>alert(1)</script><![endif]-->",
  "<![CDATA[<script>alert(1)</script>]]>",
  '<p data-x="1" onmouseover="alert(1)">x</p>',
  '<p class="a"onclick=alert(1)>x</p>',
  '<p title="</p><script>alert(1)</script>">x</p>',
  "<p title='\" onclick=\"alert(1)'>x</p>",
  '<a href="#" xlink:href="javascript:alert(1)">x</a>',
  "<custom-element onclick=alert(1)>x</custom-element>",
];

/** What a browser could run or load, in the tags alone: text is only text. */
function dangers(html: string): string[] {
  const found: string[] = [];
  for (const [tag, name = ""] of html.matchAll(/<\/?([a-z][^\s/>]*)[^>]*>?/gi)) {
    if (
      /^(script|style|iframe|object|embed|svg|math|form|input|link|meta|base|template|noscript)/i.test(name)
    ) {
      found.push(tag);
    }
    const withoutValues = tag.replace(/="[^"]*"/g, "=");
    if (/\son\w+/i.test(withoutValues) || /["'`]/.test(withoutValues)) found.push(tag);
    for (const [, value = ""] of tag.matchAll(/="([^"]*)"/g)) {
      const decoded = decode(value).replace(/[\s\0]/g, "");
      if (/^(javascript|vbscript|data:(?!image\/(png|gif|jpeg|webp|avif)))/i.test(decoded)) found.push(tag);
      if (/expression\(|url\(javascript|position:fixed|behavior:/i.test(decoded)) found.push(tag);
    }
  }
  return found;
}
const decode = (value: string) =>
  value
    .replace(/&#x([0-9a-f]+);?/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);?/g, (_, digits: string) => String.fromCharCode(Number(digits)))
    .replaceAll("&colon;", ":")
    .replaceAll("&Tab;", "\t")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

describe("hostile HTML", () => {
  it.each(HOSTILE)("%j does nothing", (html) => {
    expect(dangers(sanitizeHtml(html))).toEqual([]);
    expect(sanitizeHtml(sanitizeHtml(html))).toBe(sanitizeHtml(html));
  });

  it("that closes what it never opened is made safe in time", () => {
    const html = "<b>".repeat(14_000) + "</i>".repeat(14_000);
    expect(fastest(() => sanitizeHtml(html), 2)).toBeLessThan(300);
  });

  it("does nothing in any combination", () => {
    const piece = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.constantFrom(
        "<",
        ">",
        '"',
        "'",
        "/",
        "=",
        "<p ",
        "<a href=",
        "<!--",
        "-->",
        "&#",
        ";",
        "<b>",
        "</b>",
        "\n",
        "`",
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        expect(dangers(sanitizeHtml(pieces.join("")))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("good HTML", () => {
  it.each([
    '<section class="hero" id="top"><h2>Thank you</h2><p>For <em>you</em></p></section>',
    '<a href="/shop?topic=winter#top" class="button" data-doorstep-click="hero-cta">See the skis</a>',
    '<a href="https://example.com/a?b=1" target="_blank" rel="noopener">x</a>',
    '<a href="mailto:a@example.com">x</a><a href="tel:+421123">y</a><a href="page.html">z</a><a href="?a=1">q</a>',
    '<img src="/a.jpg" alt="A ski" width="600" height="400" loading="lazy">',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="dot">',
    '<picture><source srcset="/a.webp 1x, /b.webp 2x" type="image/webp"><img src="/a.jpg" alt=""></picture>'.replace(
      ' alt=""',
      " alt",
    ),
    "<ul><li>one<li>two</ul>",
    '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
    '<div style="color:red; padding:4px;">x</div>',
    '<button class="b" aria-label="Close">x</button>',
    "a &amp; b &lt; c",
  ])("%j stays as it is", (html) => expect(sanitizeHtml(html)).toBe(html));

  it("is balanced, so that it cannot close the page's own elements", () => {
    expect(sanitizeHtml("a</div></section></main>")).toBe("a");
    expect(sanitizeHtml("<div><b>a")).toBe("<div><b>a</b></div>");
    expect(sanitizeHtml("<div><span>a</div>b</span>")).toBe("<div><span>a</span></div>b");
    expect(sanitizeHtml("<ul><li>a<li>b</li></li></ul>")).toBe("<ul><li>a<li>b</li></ul>");
  });
});
