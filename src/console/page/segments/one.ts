/** The builder of a segment: what it is called and for, its rules, and who is in it while one edits. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { PURPOSES } from "#contracts/taxonomy";
import { profileTypes } from "#release/attribute-types";
import { segmentIssues } from "#release/segment-issues";
import { speedOf } from "#segments/speed";
import { conditionBuilder } from "../condition/builder.ts";
import { readCondition, rowOf, writeCondition } from "../condition/model.ts";
import { type Known, knownOf } from "../condition/row.ts";
import { button, fill, h } from "../dom.ts";
import { current } from "../draft/store.ts";
import { choice, field } from "../field.ts";
import { hrefOf } from "./address.ts";
import { type About, definitionPage } from "./definition-page.ts";
import { speedLine } from "./parts.ts";
import { sizePanel } from "./size.ts";
import { segmentUses, type Tidy, tidy } from "./tidy.ts";
import type { Part } from "./view.ts";
import { featureInWords } from "./words.ts";

/** @param name undefined: a new one */
export function segmentPage(name: string | undefined): Part {
  const size = sizePanel(name);
  const page = definitionPage({
    kind: "segments",
    noun: "segment",
    name,
    first: { when: {} },
    hrefOf,
    uses: segmentUses,
    form: (value, about) => formOf(value, about),
    told: size.ask,
    aside: size.element,
  });
  return {
    element: page.element,
    stop() {
      size.stop();
      page.stop();
    },
  };
}

const HINTS: Readonly<Record<string, string>> = {
  identity_state:
    "Anonymous: nothing but this device. Pseudonymous: an id is known. Authenticated: they have proved who they are.",
  lifecycle_stage: "The furthest stage whose condition holds; it never moves back.",
  lists: "Who was imported, on the page of lists.",
  segments: "Other segments for the same purpose.",
};

/** What a segment for this purpose may ask about. */
function knownTo(document: Tidy, self: string, purpose: unknown): Known {
  const segments = Object.entries(document.segments).filter(
    ([key, other]) => key !== self && other.purpose === purpose,
  );
  const whole = document as ReleaseDocument; // it reads features alone
  return {
    ...knownOf({ ...document, segments: Object.fromEntries(segments) }, profileTypes(whole)),
    hint(path) {
      const [root = ""] = path.split(".");
      const feature = Object.hasOwn(document.features, root) ? document.features[root] : undefined;
      return feature ? `${featureInWords(feature)}.` : HINTS[root];
    },
  };
}

function formOf(first: Record<string, unknown>, about: About): HTMLElement | undefined {
  let value = first;
  const { document, name } = about;
  const set = (part: Record<string, unknown>) => {
    value = { ...value, ...part };
    about.changed(value);
    problems();
  };
  const description = h("input", {
    class: "input",
    attrs: { maxlength: 500, value: String(value.description ?? ""), autocomplete: "off" },
    on: {
      input: () => {
        const { description: _, ...rest } = value;
        value = rest;
        set(description.value === "" ? {} : { description: description.value });
      },
    },
  });
  const purpose = choice(
    PURPOSES.map((one) => [one, one] as const),
    {
      changed: () => {
        set({ purpose: purpose.value() });
        draw();
      },
    },
  );
  purpose.element.value = String(value.purpose ?? "personalization");
  const rules = h("div", {});
  const wrong = h("div", { attrs: { role: "status" } });
  const effect = h("p", { class: "hint" });

  function draw(): boolean {
    const known = knownTo(document, name, purpose.value());
    const builder = conditionBuilder(value.when, known, (when) => set({ when }));
    if (builder) fill(rules, builder);
    return builder !== undefined;
  }

  /** What is wrong with the whole of it; what is wrong with a rule is said beside the rule. */
  function problems(): void {
    const key = name || "this segment";
    const whole = tidy({ ...current()?.document, segments: { ...document.segments, [key]: value as never } });
    // It reads what Tidy has.
    const issues = segmentIssues(whole as ReleaseDocument, profileTypes(whole as ReleaseDocument));
    fill(effect, "Takes effect: ", speedLine(speedOf(whole as ReleaseDocument, key)));
    const own = issues.filter(({ path }) => path === `segments.${key}.when`).map(({ message }) => message);
    fill(
      wrong,
      own.length > 0 && h("p", { class: "notice bad" }, [...new Set(own)].map((one) => `${one}.`).join(" ")),
    );
  }

  async function newFeature(): Promise<void> {
    const { featureDialog } = await import("./feature-dialog.ts");
    const made = await featureDialog(rules);
    if (made === undefined) return;
    const known = knownTo(tidy(current()?.document ?? {}), name, purpose.value());
    const asked = known.names.find((one) => one === made || one.startsWith(`${made}.`)) ?? made;
    const root = readCondition(value.when) ?? { kind: "all", of: [] };
    const row = { ...rowOf(asked.endsWith(".") ? `${asked}x` : asked, known.types), field: asked };
    const when = writeCondition(
      root.kind === "all" ? { ...root, of: [...root.of, row] } : { kind: "all", of: [root, row] },
    );
    about.replace({ ...value, when });
  }

  if (!draw()) return undefined;
  problems();
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "fields" },
      field("Description", description, "Who they are, in a sentence."),
      field(
        "For",
        purpose.element,
        "The consent that it needs: only people who have given it are in it, by what they did with it.",
      ),
    ),
    h("h2", {}, "Who is in it"),
    rules,
    wrong,
    effect,
    h(
      "p",
      { class: "hint" },
      "Nothing there that says what you mean? ",
      button("New feature…", () => void newFeature(), "plain"),
    ),
  );
}
