/**
 * What decided slots show to this visitor: their contents, and what templates may say of whoever asks. A person's own
 * fields are opened only where a template that shows names them. Called by serve.ts.
 */
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import { contentOf } from "./content.ts";
import type { Decided } from "./decide/for-request.ts";
import { openPerson } from "./person.ts";
import type { Shown } from "./render.ts";
import { asksForPerson, NO_VIEW, type View } from "./shown.ts";

/** In the order of the decisions. A promise only where a person's fields have to be opened. Never rejects. */
export function shownOf(context: RequestContext, decided: Decided): Shown[] | Promise<Shown[]> {
  const { document } = context.release;
  const { decisions, contents, attributes } = decided;
  const view: View = { attributes };
  const shown: Shown[] = [];
  let needsPerson = false;
  for (const decision of decisions) {
    const definition = document.slots[decision.slot];
    if (!definition) continue;
    const { content: key } = decision;
    const content = contents ? contents.get(key) : contentOf(document, key);
    needsPerson ||= asksForPerson(content);
    shown.push({ definition, decision, content, view });
  }
  return needsPerson ? withPerson(shown, context, decided) : shown;
}

async function withPerson(
  shown: Shown[],
  { keys, visitor, consent, preview }: RequestContext,
  { sealed, attributes }: Decided,
): Promise<Shown[]> {
  const { key, session } = visitor;
  if (key === undefined || preview || attributes.identity_state !== "authenticated") return shown;
  try {
    const person = await openPerson(keys.session, sealed, {
      visitor: key,
      session,
      granted: consent.granted,
    });
    return shown.map((one) => ({ ...one, view: { attributes, person } }));
  } catch (error) {
    logError("a person's fields cannot be opened", error);
    return shown.map((one) => ({ ...one, view: NO_VIEW }));
  }
}
