/**
 * The forms of all types' settings, by the type's name: a static asset that scripts/build-assets.ts makes by form.ts, so that
 * the Worker carries none of their titles and descriptions.
 */
import type { FormField } from "./form.ts";

/** Its path within the assets. */
export const FORMS = "admin/forms.json";

/** Reads a type's form; without fields where the assets are of before the type. @throws Error where they have no forms */
export async function readForm(assets: Fetcher, type: string): Promise<readonly FormField[]> {
  const response = await assets.fetch(`https://assets.local/${FORMS}`);
  if (!response.ok) throw new Error(`the asset ${FORMS} answers ${response.status}`);
  const forms = await response.json<Record<string, FormField[]>>();
  return Object.hasOwn(forms, type) ? (forms[type] ?? []) : [];
}
