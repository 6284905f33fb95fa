/** Every CMS adapter, one line each. Pulls, webhooks, release validation and the docs' test iterate this object. */
import { json } from "./adapters/json/index.ts";
import { wordpress } from "./adapters/wordpress/index.ts";
import type { CmsAdapter } from "./contract.ts";

/** An adapter as all others see it: its settings have been parsed by its own schema. */
const ADAPTERS: Readonly<Record<string, CmsAdapter>> = {
  json: json as CmsAdapter,
  wordpress: wordpress as CmsAdapter,
};

/** The adapter of that name, or undefined. */
export const cmsAdapter = (name: string): CmsAdapter | undefined =>
  Object.hasOwn(ADAPTERS, name) ? ADAPTERS[name] : undefined;

export const CMS_TYPES = Object.keys(ADAPTERS);
