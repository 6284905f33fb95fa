/** How well text can be told from what is behind it, by WCAG 2: as the browser has computed the colours. */
import type { Page } from "playwright-core";

export interface Contrast {
  text: string;
  contrast: number;
}

/** The contrast of each element that is shown and has text of its own. @param selector of the elements */
export function contrastsOf(page: Page, selector: string): Promise<Contrast[]> {
  return page.evaluate((wanted) => {
    const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    /** `rgb(…)` has parts to 255, `color(srgb …)` parts to 1. */
    const parts = (color: string) =>
      color.startsWith("color(") ? numbers(color) : numbers(color).map((n, i) => (i < 3 ? n / 255 : n));
    const luminance = (color: string) => {
      const [r = 0, g = 0, b = 0] = parts(color).map((part) =>
        part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      if (!element) return "rgb(255, 255, 255)";
      const { backgroundColor } = getComputedStyle(element);
      return parts(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
    };
    const hasText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    return [...document.querySelectorAll(wanted)]
      .filter((element) => element.getClientRects().length > 0 && hasText(element))
      .filter((element) => !element.matches(":disabled, .visually-hidden"))
      .map((element) => {
        const [light = 0, dark = 0] = [getComputedStyle(element).color, behind(element)]
          .map(luminance)
          .sort((a, b) => b - a);
        return { text: element.textContent?.slice(0, 60) ?? "", contrast: (light + 0.05) / (dark + 0.05) };
      });
  }, selector);
}
