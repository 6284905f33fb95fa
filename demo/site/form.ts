/** Form fields with labels, hints and problems tied together for screen readers. */
import type { Html } from "./html.ts";
import { html, trusted } from "./html.ts";

/** One field. It is required unless said otherwise. */
export type Field = {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  value?: string | undefined;
  problem?: string | undefined;
  hint?: string;
  list?: string;
  required?: boolean;
};

/** A one-line field. */
export function field({
  name,
  label,
  type = "text",
  autocomplete,
  value,
  problem,
  hint,
  list,
  required = true,
}: Field): Html {
  return html`<div class="field">
<label for="${name}">${label}${required ? null : html` <span class="field__optional">optional</span>`}</label>
<input id="${name}" name="${name}" type="${type}" value="${value ?? ""}" maxlength="300"${autocomplete ? html` autocomplete="${autocomplete}"` : null}${list ? html` list="${list}"` : null}${required ? trusted(" required") : null}${described(name, problem, hint)}>
${notes(name, problem, hint)}
</div>`;
}

/** A field of many lines. */
export function area({
  name,
  label,
  value,
  problem,
  hint,
}: Pick<Field, "name" | "label" | "value" | "problem" | "hint">): Html {
  return html`<div class="field">
<label for="${name}">${label}</label>
<textarea id="${name}" name="${name}" rows="12" maxlength="20000" required${described(name, problem, hint)}>${value ?? ""}</textarea>
${notes(name, problem, hint)}
</div>`;
}

/** Whether a text looks enough like an e-mail address for a shop. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
}

function described(name: string, problem: string | undefined, hint: string | undefined): Html | null {
  const ids = [problem ? `${name}-problem` : "", hint ? `${name}-hint` : ""].filter(Boolean).join(" ");
  return ids === ""
    ? null
    : html` aria-describedby="${ids}"${problem ? trusted(' aria-invalid="true"') : null}`;
}

function notes(name: string, problem: string | undefined, hint: string | undefined): Html {
  return html`${problem ? html`<p class="field__problem" id="${name}-problem">${problem}</p>` : null}${hint ? html`<p class="field__hint" id="${name}-hint">${hint}</p>` : null}`;
}
