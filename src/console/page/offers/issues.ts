/** What is wrong with a definition of the draft, said beside the field that it is about. */
import { call, type Issue } from "../api.ts";
import { fill, h } from "../dom.ts";
import { current } from "../draft/store.ts";
import { may } from "../may.ts";

interface Found {
  issues: Issue[];
  warnings: Issue[];
}

export interface IssuePlaces {
  /** Where what is wrong with a field is said. The form asks for it each time that it is drawn. */
  place(field: string): HTMLElement;
  /** What is about no field, above the form. */
  general: HTMLElement;
  show(found: Found): void;
}

/** @param of such as `offers.sale` */
export function issuePlaces(of: () => string): IssuePlaces {
  const general = h("div", { attrs: { role: "alert" } });
  let places = new Map<string, HTMLElement>();
  let last: Found = { issues: [], warnings: [] };

  const own = (list: readonly Issue[]) =>
    list.flatMap(({ path, message }) => {
      const prefix = of();
      return path === prefix || path.startsWith(`${prefix}.`)
        ? [{ path: path.slice(prefix.length + 1), message }]
        : [];
    });

  function draw(): void {
    const all = [
      ...own(last.issues).map((one) => ({ ...one, tone: "bad" })),
      ...own(last.warnings).map((one) => ({ ...one, tone: "wait" })),
    ];
    const line = ({ path, message, tone }: (typeof all)[number], rest: string) =>
      h(
        "p",
        { class: `field-issue ${tone}` },
        path === rest ? message : `${path.slice(rest === "" ? 0 : rest.length + 1)}: ${message}`,
      );
    const said = new Set<object>();
    for (const [field, element] of places) {
      const here = all.filter(({ path }) => path === field || path.startsWith(`${field}.`));
      for (const one of here) said.add(one);
      fill(element, ...here.map((one) => line(one, field)));
    }
    fill(general, ...all.filter((one) => !said.has(one)).map((one) => line(one, "")));
  }

  return {
    general,
    place(field) {
      const element = h("div", { class: "field-issues", attrs: { role: "alert" } });
      places = new Map(places).set(field, element);
      queueMicrotask(draw);
      return element;
    },
    show(found) {
      last = found;
      draw();
    },
  };
}

/** What is wrong with the draft that is shown; nothing where none is, or where one may not ask. */
export async function validity(): Promise<Found> {
  const name = current()?.draft?.name;
  if (name === undefined || !may("release:write")) return { issues: [], warnings: [] };
  const answer = await call<Found>("POST", `drafts/${name}/validate`);
  return answer.status === "ok" ? answer.body : { issues: [], warnings: [] };
}
