/** How content shows in a slot of kind message: where, whether it can be closed, after how long. */
import { fill, h } from "../dom.ts";
import { choice, field, tick } from "../field.ts";
import { type MessageInput, without } from "./shapes.ts";

type Placement = NonNullable<MessageInput["placement"]>;

export function messagePart(
  first: MessageInput | undefined,
  set: (message: MessageInput | undefined) => void,
  isOpen: boolean,
): HTMLElement {
  let message = first;
  const place = h("div", {});
  const on = tick("Say how it shows over the page", () => {
    write(on.box.checked ? {} : undefined);
    draw();
  });
  on.box.checked = message !== undefined;
  function write(next: MessageInput | undefined): void {
    message = next;
    set(next);
  }
  const change = (part: { [K in keyof MessageInput]?: MessageInput[K] | undefined }) =>
    write(without({ ...message, ...part }) as MessageInput); // absent is undefined

  function draw(): void {
    if (!message) {
      fill(place);
      return;
    }
    const where = choice<Placement>(
      [
        ["banner-bottom", "A banner at the bottom"],
        ["banner-top", "A banner at the top"],
        ["modal", "A dialog in the middle"],
      ],
      { changed: () => change({ placement: where.value() }) },
    );
    where.element.value = message.placement ?? "banner-bottom";
    const close = tick("The visitor can close it", () => change({ dismissible: close.box.checked }));
    close.box.checked = message.dismissible !== false;
    const delay = h("input", {
      class: "input",
      attrs: { type: "number", min: 0, max: 60, step: 0.5, value: (message.delayMs ?? 0) / 1000 },
      on: { input: () => change({ delayMs: Math.round(Number(delay.value) * 1000) || undefined }) },
    });
    fill(
      place,
      h("div", { class: "fields" }, field("Where", where.element), field("After so many seconds", delay)),
      close.element,
    );
  }

  draw();
  return h(
    "details",
    { class: "fold", attrs: { open: isOpen || first !== undefined } },
    h("summary", {}, "As a message over the page"),
    on.element,
    place,
  );
}
