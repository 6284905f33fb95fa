/**
 * A list that is refreshed without being rebuilt: an item whose content has not changed keeps its element, so that the
 * focus, a selection and the scroll position survive a refresh every two seconds.
 */

interface Kept {
  content: string;
  element: HTMLElement;
}

export interface KeyedList<T> {
  /** Show exactly these items, in this order. Items that were not there before are marked with the class `new`. */
  update(items: readonly T[]): void;
}

/**
 * @param keyOf what tells items apart @param contentOf changes when the item must be drawn again
 */
export function keyedList<T>(
  parent: HTMLElement,
  keyOf: (item: T) => string,
  contentOf: (item: T) => string,
  draw: (item: T) => HTMLElement,
): KeyedList<T> {
  let kept = new Map<string, Kept>();
  let first = true;
  return {
    update(items) {
      const focused =
        document.activeElement instanceof HTMLElement ? document.activeElement.dataset.id : undefined;
      const next = new Map<string, Kept>();
      for (const item of items) {
        const key = keyOf(item);
        const content = contentOf(item);
        const known = kept.get(key);
        if (known?.content === content) {
          next.set(key, known);
          continue;
        }
        const element = draw(item);
        if (!known && !first) element.classList.add("new");
        known?.element.replaceWith(element);
        next.set(key, { content, element });
      }
      for (const [key, { element }] of kept) if (!next.has(key)) element.remove();
      place(parent, [...next.values()]);
      kept = next;
      first = first && items.length === 0;
      if (focused) refocus(parent, focused);
    },
  };
}

/** Put the elements in order, touching only those that are out of it. */
function place(parent: HTMLElement, items: readonly Kept[]): void {
  let cursor = parent.firstElementChild;
  for (const { element } of items) {
    if (cursor === element) cursor = cursor.nextElementSibling;
    else parent.insertBefore(element, cursor);
  }
}

function refocus(parent: HTMLElement, id: string): void {
  if (document.activeElement instanceof HTMLElement && document.activeElement.dataset.id === id) return;
  parent.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}
