/**
 * The graph of a profile, drawn: its identifiers, and the evidence between them. Each node and line can be reached by the
 * keyboard and is said in words when it has the focus or the pointer; the tables beside it say the same without a picture.
 */
import type { ProfileLink, ProfileMember, ProfileView } from "../../profile/view.ts";
import { conflictInWords } from "../../profile/words.ts";
import { append, fill, h } from "../dom.ts";
import { type DrawnLine, type DrawnNode, type LineKind, layOut, NODE } from "./graph-layout.ts";
import { keyInWords, keyParts } from "./key.ts";

const SVG = "http://www.w3.org/2000/svg";

/** The drawing, its legend, and the line that says what is pointed at. */
export function graphOf(profile: ProfileView): HTMLElement {
  const drawing = layOut(profile);
  const members = new Map(profile.members.map((member) => [member.key, member]));
  const said = h("p", { class: "graph-said", attrs: { role: "status" } }, HOW_TO);
  const say = (text: string) => fill(said, text);
  const svg = element("svg", {
    class: "graph",
    viewBox: `0 0 ${drawing.width} ${drawing.height}`,
    width: drawing.width,
    height: drawing.height,
    role: "group",
    "aria-label": "Identifiers of the profile and the evidence between them",
  });
  append(
    svg,
    drawing.lines.map((line) => lineIn(line, say)),
  );
  append(
    svg,
    drawing.nodes.map((node) => nodeIn(node, members.get(node.key), say)),
  );
  return h(
    "div",
    { class: "graph-frame" },
    h(
      "div",
      {
        class: "graph-scroll",
        attrs: { tabindex: 0, role: "group", "aria-label": "Drawing, which scrolls" },
      },
      svg,
    ),
    said,
    legend(new Set(drawing.lines.map(({ kind }) => kind))),
    drawing.left > 0 && h("p", { class: "hint" }, `${drawing.left} more are in the tables alone.`),
  );
}

const HOW_TO =
  "Point at an identifier or a line, or step through them with the Tab key: what it says stands here.";

function nodeIn(
  { key, kind, x, y }: DrawnNode,
  member: ProfileMember | undefined,
  say: (text: string) => void,
): SVGElement {
  const { name, hash } = keyParts(key);
  const suppressed = member?.suppressed === true;
  const words = `${keyInWords(key)}. ${member ? member.explained : "An identifier of another profile"}.${
    suppressed ? " Suppressed." : ""
  }${member?.shared ? " Several people were proved in it." : ""}`;
  const group = focusable(words, say, `node ${kind}${suppressed ? " gone" : ""}`);
  group.setAttribute("transform", `translate(${x} ${y})`);
  append(group, [
    element("rect", { width: NODE.width, height: NODE.height, rx: 9 }),
    element("circle", { cx: 15, cy: NODE.height / 2, r: 4 }),
    label(cut(name), 28, 18, "node-name"),
    label(hash, 28, 33, "node-hash"),
  ]);
  return group;
}

function lineIn({ link, kind, path, width, label: at }: DrawnLine, say: (text: string) => void): SVGElement {
  const group = focusable(lineInWords(link), say, `line ${kind}`);
  append(group, [
    // A wider one that cannot be seen, to point at.
    element("path", { d: path, class: "line-reach" }),
    element("path", { d: path, class: "line-drawn", "stroke-width": width }),
  ]);
  if (link.conflict !== null) {
    const text = label(shortReason(link.conflict), at.x, at.y - 6, "line-label");
    text.setAttribute("text-anchor", "middle");
    append(group, [text]);
  }
  return group;
}

/** At the line itself; the whole sentence is below the drawing. */
const SHORT: Record<string, string> = {
  profile_too_large: "too large",
  too_many_partners: "too many partners",
  set_aside: "set aside",
  kept_apart: "kept apart",
  device_of_several_people: "shared device",
  claim_on_a_proven_person: "only said",
  anonymous_id_of_another_browser: "another's first",
};

const shortReason = (reason: string): string =>
  (Object.hasOwn(SHORT, reason) ? SHORT[reason] : undefined) ??
  reason.replace(/^(two|too_many)_(?:person-|device-)?/, "$1 ").replaceAll("_", " ");

/** Whether operators make links of this kind: their evidence is a change, and no event. */
export const isByHand = ({ kind }: Pick<ProfileLink, "kind">): boolean =>
  kind === "manual" || kind === "apart" || kind === "aside";

/** One link as a sentence: between what, what it says, from where and why it joins nothing. */
export function lineInWords(link: ProfileLink): string {
  const from =
    link.source && !isByHand(link)
      ? ` By ${link.source}${link.event_id ? `, event ${link.event_id}` : ""}.`
      : "";
  return `${keyInWords(link.a)} and ${keyInWords(link.b)}: ${link.explained}${from}`;
}

const LEGEND: Record<LineKind, string> = {
  joins: "joins, the stronger the thicker",
  pending: "claimed or proposed: joins nothing yet",
  conflict: "conflicts: joins nothing",
  revoked: "revoked",
};

const legend = (shown: ReadonlySet<LineKind>): HTMLElement =>
  h(
    "ul",
    { class: "legend", attrs: { "aria-label": "Kinds of lines" } },
    ...(Object.keys(LEGEND) as LineKind[])
      .filter((kind) => shown.has(kind))
      .map((kind) => h("li", { class: `sample ${kind}` }, LEGEND[kind])),
  );

/** Reasons in words, for the tables. */
export const reasonOf = ({ conflict }: ProfileLink): string =>
  conflict === null ? "" : conflictInWords(conflict);

function focusable(words: string, say: (text: string) => void, className: string): SVGElement {
  const group = element("g", { class: className, tabindex: 0, role: "img", "aria-label": words });
  for (const event of ["focus", "pointerenter"]) group.addEventListener(event, () => say(words));
  return group;
}

function label(text: string, x: number, y: number, className: string): SVGElement {
  const node = element("text", { x, y, class: className });
  append(node, [text]);
  return node;
}

const MAX_NAME = 20;
const cut = (text: string): string => (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text);

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}
