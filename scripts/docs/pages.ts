/** Every document that is generated whole: its file, from the root of the repository, and what makes it. */
import { documented } from "./destinations/documented.ts";
import { overview } from "./destinations/overview.ts";
import { pageOf } from "./destinations/page.ts";

export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/destinations/README.md": () => overview(documented()),
  ...Object.fromEntries(
    documented().map((one) => [`docs/destinations/${one.type.name}.md`, () => pageOf(one)] as const),
  ),
};
