/**
 * Our scanner beside the platform's HTMLRewriter on pages made by chance, in pieces made by chance; and what HTMLRewriter
 * does not take. HTMLRewriter writes a tag that it changes anew, so the pages here have one space between attributes.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFiller, type Fill } from "#slots/page/fill";
import { fillSlots } from "#slots/rewrite";
import { fillByRewriter } from "./html-rewriter.ts";

const FILLS = new Map<string, Fill>([
  ["a", { html: "<b>A</b>", offer: "one" }],
  ["b", { html: () => "<p>B" }],
]);
const NONE = new Map<string, Fill>();
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const page = (html: string) =>
  new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });

/** @param cuts where pieces end, as shares of the whole */
function byScanner(html: string, cuts: readonly number[], fills = FILLS): { text: string; found: string[] } {
  const bytes = encoder.encode(html);
  const filler = createFiller(fills, (text) => text);
  const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort((a, b) => a - b);
  let text = "";
  let from = 0;
  const stream = new TextDecoder();
  for (const to of ends) {
    const piece = bytes.slice(from, to);
    text += stream.decode(filler.fill(piece), { stream: true });
    // The buffer is the next piece's.
    piece.fill(60);
    from = to;
  }
  text += stream.decode(filler.end());
  return { text, found: [...filler.slots.found] };
}

async function byRewriter(html: string): Promise<{ text: string; found: string[] }> {
  let found: string[] = [];
  const response = fillByRewriter(page(html), FILLS, (slots) => {
    found = [...slots];
  });
  return { text: await response.text(), found };
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const slot = fc.constantFrom(
  ...[' data-doorstep-slot="a"', " data-doorstep-slot='b'", " DATA-doorstep-slot=a", " data-doorstep-slot"],
  ...[' data-doorstep-slot="c"', ' data-doorstep-slot="a" data-doorstep-client', ' data-doorstep-slots="a"'],
  ...[
    ' data-doorstep-slot="a" data-doorstep-offer="old" x',
    ' data-doorstep-slot="b" data-doorstep-slot="a"',
  ],
);
const attributes = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: slot },
  fc.constantFrom(
    ...[
      ' x=">"',
      " x='<div data-doorstep-slot=a>'",
      " x=y/",
      " č=ď",
      " x=\"a\"y='b'",
      " =x",
      " data-doorstep",
    ],
  ),
);
const ELEMENTS = "div section DIV span p li table td ul my-element template noscript a b header".split(" ");
const TEXTS = "script style title textarea xmp iframe noembed noframes".split(" ");
const text = fc.constantFrom(
  ...[
    "x",
    "č",
    " ",
    "<",
    "< a",
    "</",
    "</>",
    "&lt;",
    ">",
    '"',
    "'",
    "<!",
    "<?x>",
    "<!-->",
    "<!--->",
    "<!---->",
    "-->",
  ],
  ...[
    "<!doctype html>",
    "<!--<div data-doorstep-slot=a>-->",
    "<!--x--!>",
    "<!--a--b->c-->",
    "<!--!>",
    "]]>",
    "<![CDATA[x]]>",
  ],
  ...["<br>", "<img data-doorstep-slot=a>", "<br/>", "\0", "<0>", "</ x>", "<!--"],
);
const textOnly = fc.constantFrom(
  ...[
    "x",
    "</",
    "</x>",
    "</script",
    "</scripts>",
    "<!--",
    "-->",
    "<script>",
    "<script ",
    "</script >",
    "<div data-doorstep-slot=a>",
  ],
  ...["--", "<", "</style>", "</title/>", ">"],
);
/** Closed, and without HTML that ends it: where it is broken HTMLRewriter keeps taking HTML for it. */
const { foreign } = fc.letrec<{ foreign: string }>((tie) => ({
  foreign: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      ...[
        "x",
        "<circle/>",
        "<style>",
        "<![CDATA[<g></svg>]]>",
        "<!--</svg>-->",
        '<g data-doorstep-slot="a">x</g>',
        "</g>",
      ],
      ...[
        '<foreignObject><div data-doorstep-slot="a">x</div></foreignObject>',
        "<desc><style><g></style></desc>",
      ],
      ...["<title><textarea></g></textarea></title>", "<script><!--</script>--></script>"],
    ),
    tie("foreign").map((inner) => `<g>${inner}</g>`),
    fc.tuple(tie("foreign"), tie("foreign")).map((both) => both.join("")),
  ),
}));
const { markup } = fc.letrec<{ markup: string; node: string; element: string }>((tie) => ({
  markup: fc.array(tie("node"), { maxLength: 5 }).map((nodes) => nodes.join("")),
  node: fc.oneof({ maxDepth: 5 }, text, tie("element"), tie("element")),
  element: fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...ELEMENTS), attributes, tie("markup"))
        .map(([name, given, inner]) => `<${name}${given}>${inner}</${name}>`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...TEXTS), attributes, fc.array(textOnly, { maxLength: 5 }))
        .map(([name, given, inner]) => `<${name}${given}>${inner.join("")}</${name}>`),
    },
    fc.tuple(fc.constantFrom(...ELEMENTS), attributes).map(([name, given]) => `<${name}${given}>`),
    fc.constantFrom(...ELEMENTS).map((name) => `</${name} x>`),
    fc.tuple(attributes, foreign).map(([given, inner]) => `<svg${given}>${inner}</svg>`),
    fc.constantFrom("<g />", "<circle x=y />", "<div />", "<style/>"),
  ),
}));

describe("a page made by chance", () => {
  it("comes out as HTMLRewriter gives it, whatever pieces it comes in", async () => {
    await fc.assert(
      fc.asyncProperty(markup, cuts, async (html, at) => {
        expect(byScanner(html, at)).toEqual(await byRewriter(html));
      }),
      { numRuns: 1500 },
    );
  });

  it("in which nothing is filled comes out byte by byte, broken or not", () => {
    const bytes = fc.array(fc.oneof(markup, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 6 });
    fc.assert(
      fc.property(bytes, cuts, (parts, at) => {
        const html = decoder.decode(encoder.encode(parts.join("")));
        expect(byScanner(html, at, NONE).text).toBe(html);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("what HTMLRewriter does not take", () => {
  const FILLED = '<div data-doorstep-slot="a" data-doorstep-offer="one"><b>A</b></div>';
  const SLOT = '<div data-doorstep-slot="a">old</div>';

  it("20,000 open elements harm nothing", async () => {
    const before = "<i>".repeat(20_000);
    expect(await fillSlots(page(`${before}${SLOT}x`), FILLS).text()).toBe(`${before}${FILLED}x`);
  });

  it("of 300,000 open elements every byte goes through, slots as they are", async () => {
    const html = `${"<i>".repeat(300_000)}${SLOT}x`;
    expect((await fillSlots(page(html), FILLS).text()) === html).toBe(true);
  });

  it("a tag of any length goes through, and counts where it is a slot's", () => {
    const long = `<div x="${"y".repeat(200_000)}" data-doorstep-slot="c">`;
    const html = `${long}${SLOT}</div>`;
    const cut = Array.from({ length: 9 }, (_, n) => (n + 1) / 10);
    expect(byScanner(html + SLOT, cut).text === html + FILLED).toBe(true);
  });
});

describe("what is made to be slow", () => {
  it.each([
    "<",
    "<a ",
    "<!-",
    '"',
    "<a b='",
    "</",
    "<!--",
    "<script><!--<script>",
    "<a></b>",
    "<a></c><b></d>",
    "<svg><![CDATA[",
  ])("goes through whole, a megabyte of it: %j again and again", (part) => {
    const html = part.repeat(Math.ceil(1_000_000 / part.length));
    const cut = Array.from({ length: 250 }, (_, n) => n / 250);
    expect(byScanner(html, cut).text === html).toBe(true);
  });
});
