/** What a page is made of: the type, its examples and what it says of itself, from the three registries. */
import { DESTINATION_ABOUT } from "#forward/destinations/about";
import type { DestinationAbout, DestinationExample, DestinationType } from "#forward/destinations/contract";
import { DESTINATION_EXAMPLES } from "#forward/destinations/examples";
import { DESTINATION_TYPES } from "#forward/destinations/registry";

export interface Documented {
  type: DestinationType;
  about: DestinationAbout;
  examples: readonly DestinationExample<unknown>[];
}

type Name = keyof typeof DESTINATION_TYPES;

/** Every type, in the order of the registry. */
export const documented = (): Documented[] =>
  Object.entries<DestinationType>(DESTINATION_TYPES).map(([key, type]) => {
    // The keys of the object are its names.
    const name = key as Name;
    return { type, about: DESTINATION_ABOUT[name], examples: DESTINATION_EXAMPLES[name] };
  });
