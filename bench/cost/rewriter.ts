/**
 * A stand-in for HTMLRewriter, which Node does not have: it finds the first slot element of a page and tells the handlers
 * of it and of the page's end, so that what the Worker does then is done. The page itself stays as it is: what rewriting
 * it costs is CPU alone, see `PAGE_REWRITE_MS`.
 */

interface Handlers {
  element?(element: unknown): void;
}

class SlotFinder {
  readonly #handlers = new Map<string, Handlers>();
  #end: (() => void) | undefined;

  on(selector: string, handlers: Handlers): this {
    this.#handlers.set(selector, handlers);
    return this;
  }

  onDocument({ end }: { end?: () => void }): this {
    this.#end = end;
    return this;
  }

  transform(response: Response): Response {
    const work = response
      .clone()
      .text()
      .then((html) => {
        const slot = /data-doorstep-slot="([^"]*)"/.exec(html)?.[1];
        if (slot !== undefined) this.#handlers.get("[data-doorstep-slot]")?.element?.(elementOf(slot));
        this.#end?.();
      });
    pending.add(work);
    return response;
  }
}

const elementOf = (slot: string) => ({
  tagName: "div",
  hasAttribute: (name: string) => name === "data-doorstep-slot",
  getAttribute: (name: string) => (name === "data-doorstep-slot" ? slot : null),
  setAttribute: () => {},
  setInnerContent: () => {},
  onEndTag: (closed: () => void) => closed(),
});

const pending = new Set<Promise<void>>();

/** Waits until every page that was begun has gone through. */
export async function finishPages(): Promise<void> {
  await Promise.all(pending);
  pending.clear();
}

/** Put the stand-in where src/ looks for the real one. */
export function provideRewriter(): void {
  Object.assign(globalThis, { HTMLRewriter: SlotFinder });
}
