/** The shape of an event contract. A new one is a file beside this and a line in contracts/registry.ts. */
import type * as z from "zod";
import type { Traits } from "../event.ts";
import type { Deprecation, Versioned } from "../version.ts";

type Properties = Record<string, unknown>;

export interface EventContract extends Versioned {
  properties: z.ZodObject;
  /** Run as tests, and shown in the docs. */
  examples: readonly { title: string; properties: Properties; traits?: Traits }[];
  /** Older versions that senders may still name, oldest first. What they send is accepted as the newest. */
  previous?: readonly PreviousVersion[];
}

export interface PreviousVersion {
  version: string;
  properties: z.ZodObject;
  /**
   * Properties that fit this version, as those of the next one; absent: they are that already. Pure; what it is given has
   * no other fields than the version names. A method, so that a contract may write down the type of its own properties.
   */
  upgrade?(properties: Properties): Properties;
  deprecated?: Deprecation;
  /** Run as tests: each becomes, by all upgrades from here on, the properties of the newest version. */
  examples: readonly { title: string; properties: Properties; becomes: Properties }[];
}
