/** Slots of a page, filled while it streams through. */
import { describe, expect, it, vi } from "vitest";
import { type Fill, fillSlots, type PageSlots } from "#slots/rewrite";

const FILLS = new Map<string, Fill>([
  ["hero", { html: "<b>new</b>", offer: "loyal" }],
  ["side", { html: "<i>default</i>" }],
]);
const fill = (html: string) =>
  fillSlots(new Response(html, { headers: { "content-type": "text/html" } }), FILLS).text();

describe("a page", () => {
  it.each([
    [
      "gets an offer and its name",
      '<main><div class="x" data-doorstep-slot="hero"><p>old</p></div></main>',
      '<main><div class="x" data-doorstep-slot="hero" data-doorstep-offer="loyal"><b>new</b></div></main>',
    ],
    [
      "gets fallback content without a name",
      '<div data-doorstep-slot="side">old</div>',
      '<div data-doorstep-slot="side"><i>default</i></div>',
    ],
    [
      "gets both",
      "<div data-doorstep-slot=hero></div><div data-doorstep-slot=side>x</div>",
      '<div data-doorstep-slot=hero data-doorstep-offer="loyal"><b>new</b></div><div data-doorstep-slot=side><i>default</i></div>',
    ],
  ])("%s", async (_title, before, after) => expect(await fill(before)).toBe(after));

  it.each([
    ["an unknown slot", '<div data-doorstep-slot="nope">old</div>'],
    ["a slot without a name", "<div data-doorstep-slot>old</div>"],
    ["a template", '<template><div data-doorstep-slot="hero">old</div></template>'],
    [
      "a nested template",
      '<template><template></template><div data-doorstep-slot="hero">old</div></template>',
    ],
    ["noscript", '<noscript><div data-doorstep-slot="hero">old</div></noscript>'],
    ["a comment", '<!-- <div data-doorstep-slot="hero">old</div> -->'],
    ["a script", '<script>"<div data-doorstep-slot=\\"hero\\">old</div>"</script>'],
    ["an element that cannot have content", '<img data-doorstep-slot="hero">'],
    ...["script", "style", "title", "textarea", "iframe", "xmp", "noembed", "noframes"].map((name) => [
      `<${name}>, whose content is no HTML`,
      `<${name} data-doorstep-slot="hero">old</${name}><p>after</p>`,
    ]),
    ["plaintext", '<plaintext data-doorstep-slot="hero">old'],
    [
      "a slot inside an unknown slot",
      '<div data-doorstep-slot="nope"><div data-doorstep-slot="hero">old</div></div>',
    ],
  ])("leaves %s as it is", async (_title, html) => expect(await fill(html)).toBe(html));

  it("in an encoding that cannot be read is said once, however many there are", () => {
    const spy = vi.spyOn(console, "error").mockImplementation(() => {});
    const headers = { "content-type": "text/html; charset=klingon" };
    for (let n = 0; n < 3; n++) {
      const page = new Response("x", { headers });
      expect(fillSlots(page, FILLS)).toBe(page);
    }
    expect(spy.mock.calls.length).toBeLessThan(2);
    spy.mockRestore();
  });

  it("says in the end which slots it had, and which of them could not be filled", async () => {
    const html =
      '<p data-doorstep-slot="hero">a</p><div data-doorstep-slot="side">b</div><div data-doorstep-slot="odd">c</div><div data-doorstep-slot="none">d</div>';
    const told = vi.fn<(slots: PageSlots) => void>();
    const spy = vi.spyOn(console, "error").mockImplementation(() => {});
    const odd = () => {
      throw new Error("no");
    };
    const page = new Response(html, { headers: { "content-type": "text/html" } });
    await fillSlots(page, new Map([...FILLS, ["odd", { html: odd }]]), told).text();
    spy.mockRestore();
    const found = new Set(["hero", "side", "odd", "none"]);
    expect(told.mock.calls).toEqual([[{ found, unfilled: new Set(["hero", "odd"]) }]]);
  });

  it("is whole where what is to be done at its end fails", async () => {
    const page = new Response("<p>a</p>", { headers: { "content-type": "text/html" } });
    const fail = () => {
      throw new Error("no");
    };
    expect(await fillSlots(page, FILLS, fail).text()).toBe("<p>a</p>");
  });

  it("fills the outer one of two nested slots", async () => {
    const html = '<div data-doorstep-slot="hero"><div data-doorstep-slot="side">a</div>b</div><p>c</p>';
    expect(await fill(html)).toBe(
      '<div data-doorstep-slot="hero" data-doorstep-offer="loyal"><b>new</b></div><p>c</p>',
    );
  });

  it("fills the first of two elements with one slot", async () => {
    const one = '<div data-doorstep-slot="side">old</div>';
    expect(await fill(one + one)).toBe(`<div data-doorstep-slot="side"><i>default</i></div>${one}`);
  });

  it("fills a slot after a template, after an image, and after an element that was never closed", async () => {
    const filled = '<div data-doorstep-slot="hero" data-doorstep-offer="loyal"><b>new</b></div>';
    const slot = '<div data-doorstep-slot="hero">old</div>';
    for (const before of [
      "<template><p>x</template>",
      '<img data-doorstep-slot="nope">',
      "<p>x<br>",
      "<svg><path/></svg>",
    ]) {
      expect(await fill(before + slot)).toBe(before + filled);
    }
  });

  it.each([
    "<div data-doorstep-slot=hero>",
    "<div data-doorstep-slot='hero",
    "</div></template>",
    "<template>",
    "\0<<<>",
    "",
  ])("that is broken as %j still ends", async (html) => expect(typeof (await fill(html))).toBe("string"));

  it("of many pieces comes out whole, however slowly it is read, with its buffers used again", async () => {
    const part = '<p class="x" title="a>b">some text</p><br/><span\nid=y>č</span>';
    const slot = '<div data-doorstep-slot="hero">old</div>';
    const before = part.repeat(20_000);
    const bytes = new TextEncoder().encode(before + slot + before);
    const { readable, writable } = new IdentityTransformStream();
    const send = async () => {
      const writer = writable.getWriter();
      for (let at = 0; at < bytes.length; at += 9_973) await writer.write(bytes.slice(at, at + 9_973));
      await writer.close();
    };
    const page = new Response(readable, { headers: { "content-type": "text/html; charset=utf-8" } });
    const reader = fillSlots(page, FILLS).body!.getReader();
    const sent = send();
    const decoder = new TextDecoder();
    let text = "";
    for (let n = 0, got = await reader.read(); !got.done; got = await reader.read()) {
      if (n++ % 20 === 0) await scheduler.wait(1);
      text += decoder.decode(got.value, { stream: true });
    }
    await sent;
    const filled = '<div data-doorstep-slot="hero" data-doorstep-offer="loyal"><b>new</b></div>';
    expect(text === before + filled + before).toBe(true);
  });

  it("streams: its beginning leaves before its end is there", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const reader = fillSlots(new Response(readable), FILLS).body!.getReader();
    const written = writer.write(new TextEncoder().encode('<p>first</p><div data-doorstep-slot="hero">'));
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toContain("<p>first</p>");
    await written;
    const rest = writer.write(new TextEncoder().encode("old</div>")).then(() => writer.close());
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    await rest;
    expect(text).not.toContain("old");
  });
});
