/** Who an offer is for: everybody, those in one of some segments, or by rules. */
import { conditionBuilder } from "../condition/builder.ts";
import { fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { choice, tick } from "../field.ts";
import { knownNow } from "./known.ts";
import type { PartOf } from "./offer-form.ts";
import type { OfferInput } from "./shapes.ts";
import { audienceInWords, segmentsOf } from "./words.ts";

type Way = "all" | "segments" | "rules";

export function audiencePart({ offer, set }: PartOf): HTMLElement {
  const place = h("div", { class: "stack" });
  const words = h("p", { class: "sentence", attrs: { role: "status" } });
  const named = segmentsOf(offer().audience);
  const way = choice<Way>(
    [
      ["all", "Everybody"],
      ["segments", "Those in one of these segments"],
      ["rules", "Those whom rules describe"],
    ],
    {
      name: "To whom",
      changed: () => {
        if (way.value() === "all") write(undefined);
        else if (way.value() === "segments") write(segmentsOf(offer().audience) && offer().audience);
        draw();
      },
    },
  );
  way.element.value = !named ? "rules" : named.length > 0 ? "segments" : "all";

  function write(audience: OfferInput["audience"]): void {
    set({ audience });
    say();
  }
  const say = () => fill(words, `${audienceInWords(offer().audience)}.`);

  function draw(): void {
    fill(
      place,
      way.value() === "segments"
        ? segmentTicks(segmentsOf(offer().audience) ?? [])
        : way.value() === "rules" && rules(),
    );
    say();
  }

  function segmentTicks(chosen: readonly string[]): HTMLElement {
    const now = new Set(chosen);
    const usable = Object.entries(definitions("segments")).filter(
      ([, { purpose = "personalization" }]) => purpose === "personalization",
    );
    const gone = chosen.filter((name) => !usable.some(([own]) => own === name));
    const lines = [...usable, ...gone.map((name) => [name, { description: "not there any more" }] as const)];
    if (lines.length === 0)
      return h(
        "p",
        { class: "hint" },
        "There are no segments for personal pages yet: ",
        h("a", { attrs: { href: "#/segments" } }, "make one"),
        ".",
      );
    return h(
      "div",
      { class: "segment-ticks", attrs: { role: "group", "aria-label": "Segments" } },
      ...lines.map(([name, { description }]) => {
        const one = tick(
          h("span", {}, h("b", {}, name), description && h("span", { class: "hint block" }, description)),
          () => {
            if (one.box.checked) now.add(name);
            else now.delete(name);
            const list = lines.map(([own]) => own).filter((own) => now.has(own));
            write(list.length === 0 ? undefined : { segments: { $in: list } });
          },
        );
        one.box.checked = now.has(name);
        return one.element;
      }),
    );
  }

  function rules(): HTMLElement {
    return (
      conditionBuilder(offer().audience ?? {}, knownNow(), (audience) =>
        write(Object.keys(audience).length === 0 ? undefined : (audience as OfferInput["audience"])),
      ) ?? h("p", { class: "hint" }, "These rules say more than the form can show; they are edited as JSON.")
    );
  }

  draw();
  return h(
    "div",
    { class: "stack" },
    way.element,
    place,
    words,
    h(
      "p",
      { class: "hint" },
      "Only who agreed to personal pages can be told apart: an offer for some is never shown to others.",
    ),
  );
}
