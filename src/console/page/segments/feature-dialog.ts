/** A new feature from within the builder of a segment: its page in a dialog. */
import { button, h } from "../dom.ts";
import { featurePage } from "./feature-page.ts";

/** The name of the feature that was saved; undefined if they let it be. @param place that the dialog goes with */
export function featureDialog(place: HTMLElement): Promise<string | undefined> {
  return new Promise((resolve) => {
    let made: string | undefined;
    const page = featurePage(undefined, (name) => {
      made = name;
      dialog.close();
    });
    const dialog = h(
      "dialog",
      {
        class: "dialog wide",
        attrs: { "aria-label": "New feature" },
        on: {
          close: () => {
            page.stop();
            dialog.remove();
            resolve(made);
          },
        },
      },
      page.element,
      h(
        "div",
        { class: "dialog-foot spaced" },
        button("Let it be", () => dialog.close()),
      ),
    );
    // Not within the form of the segment, whose fields are others.
    (place.closest(".view") ?? place).appendChild(dialog);
    dialog.showModal();
  });
}
