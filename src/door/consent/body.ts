/**
 * The body of `PUT /consent`, and what it decides. A consent string is read here, by the same readers as a cookie's: a
 * client's own summary of it is not asked for. Called by routes.ts for a visitor and for a server.
 */
import * as z from "zod";
import type { ConsentRequest } from "#consent/change";
import type { ConsentChoice } from "#consent/cookie";
import { type RegimeHere, validityMs } from "#consent/policy";
import { fromConsentMode } from "#consent/signals/consent-mode";
import type { Signal } from "#consent/signals/signal";
import { type ConsentString, readStrings } from "#consent/signals/strings";
import type { Policy } from "#contracts/definitions/policy";
import { namespaceSchema } from "#contracts/namespace_schema";
import { once } from "#contracts/once";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import type { ToldStrings } from "./told.ts";

const value = () => z.enum(["granted", "denied"]).optional();
const string = () => z.string().min(1).optional();

/** A page may pass anything for a choice: only `true` grants. Undefined where nothing is chosen. */
function purposesIn(choices: unknown): ConsentRequest | undefined {
  const chosen = PURPOSES.flatMap((purpose) => {
    const choice = (Object(choices) as Record<string, unknown>)[purpose];
    return choice === undefined ? [] : [[purpose, choice === true ? "granted" : "denied"] as const];
  });
  return chosen.length > 0 ? Object.fromEntries(chosen) : undefined;
}

/** Whose decision a server records. A visitor's own id is known by its cookie alone. */
const subjectSchema = () =>
  z.strictObject({
    namespace: namespaceSchema.refine((name) => name !== "visitor_id", "is known by its cookie alone"),
    value: z.string().min(1).max(512),
  });

export const bodySchema = once(() =>
  z
    .strictObject({
      /** Null or left out, as by `/doorstep.js` where it does not know yet what holds: `choices` says it all. */
      purposes: z
        .strictObject({ analytics: value(), marketing: value(), personalization: value() })
        .nullish(),
      /**
       * What the visitor was asked about just now, as `/doorstep.js` sends it beside all of `purposes`: true or false by
       * purpose. Only that goes before Global Privacy Control. Without `purposes` it is the decision.
       */
      choices: z.unknown().optional(),
      tcf: string(),
      gpp: string(),
      /** Sections of `gpp` that apply; left out: all in the string. */
      gpp_sid: z.array(z.int()).max(64).optional(),
      /** Types of Google Consent Mode, as `gtag("consent", "update", …)` takes them. */
      consent_mode: z.record(z.string().max(64), z.unknown()).optional(),
      evidence: z
        .strictObject({
          /** Version of the banner that asked. */
          banner: z
            .string()
            .regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,64}$/u, "must have 1 to 64 characters, all printable"),
        })
        .optional(),
      /** Whose decision it is; only with a secret key. */
      subject: subjectSchema().optional(),
      /** Where that person is; only with a secret key. */
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, "must be a country like DE")
        .optional(),
      region: z
        .string()
        .regex(/^[A-Z0-9]{1,3}$/, "must be a region like CA")
        .optional(),
    })
    .refine(
      ({ purposes, choices, tcf, gpp, consent_mode }) =>
        [purposes ?? undefined, choices, tcf, gpp, consent_mode].some((said) => said !== undefined),
      "needs at least one of purposes, tcf, gpp and consent_mode",
    )
    .transform((body) => ({ ...body, purposes: body.purposes ?? purposesIn(body.choices) })),
);

export type ConsentBody = z.infer<ReturnType<typeof bodySchema>>;

/** @throws Problem 400 `invalid_body` */
export function parseBody(body: unknown): ConsentBody {
  const parsed = bodySchema().safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Problem(400, "invalid_body", `${issue?.path.join(".") || "body"}: ${issue?.message}`);
}

/** What somebody decides, and what says so. */
export interface Asked {
  says: ConsentRequest;
  /** Somebody granted marketing in so many words: no string of a consent manager did it for them. */
  marketingByWord: boolean;
  /** `choice`, `tcf`, `gpp`, `consent_mode`, joined by `+`. */
  source: string;
  evidence: string;
  /** Epoch ms from which a string that grants something is none. */
  endsAt?: number;
  told?: ToldStrings;
}

export interface AskedWhere {
  policy: Policy;
  here: RegimeHere;
  now: number;
  /** The decision that holds already, if it is valid. */
  choice?: ConsentChoice | undefined;
}

/**
 * What a body decides. Where its parts disagree the most restrictive counts. A string's grants count where the regime
 * takes that kind of signal, until they lapse, and not where the visitor has denied the purpose after it was made.
 * @throws Problem 400 `invalid_consent_string`
 */
export async function readAsked(body: ConsentBody, where: AskedWhere): Promise<Asked> {
  const signals = await signalsOf(body, where.policy);
  const says: ConsentRequest = { ...body.purposes };
  let endsAt: number | undefined;
  for (const signal of signals) {
    const end = lapseOf(signal, where);
    for (const purpose of PURPOSES) {
      const said = signal.says[purpose];
      if (said === "denied") says[purpose] = "denied";
      if (said !== "granted" || says[purpose] === "denied" || !mayGrant(signal, end, where)) continue;
      if (where.choice && isSurelyBefore(signal, where.choice) && !where.choice.granted.includes(purpose))
        continue;
      says[purpose] = "granted";
      endsAt = Math.min(end, endsAt ?? end);
    }
  }
  const sources = [...(body.purposes ? ["choice"] : []), ...signals.map(({ kind }) => kind)];
  const proofs = [...(body.purposes ? [evidenceOf(body)] : []), ...signals.map(({ evidence }) => evidence)];
  return {
    says,
    marketingByWord: isByWord(body) && says.marketing === "granted",
    source: sources.join("+"),
    evidence: proofs.join("+"),
    ...(endsAt !== undefined && Number.isFinite(endsAt) && { endsAt }),
    told: { tcf: body.tcf, gpp: body.gpp },
  };
}

/** A page may send anything for `choices`, and what is no object names nothing. */
const isByWord = ({ purposes, choices }: ConsentBody): boolean =>
  purposes?.marketing === "granted" &&
  (choices === undefined || (choices as { marketing?: unknown } | null)?.marketing === true);

const evidenceOf = ({ evidence }: ConsentBody): string =>
  evidence ? `banner:${evidence.banner}` : "PUT /consent";

async function signalsOf(
  { tcf, gpp, gpp_sid, consent_mode }: ConsentBody,
  policy: Policy,
): Promise<Signal[]> {
  const strings: ConsentString[] = [];
  if (tcf !== undefined) strings.push({ kind: "tcf", text: tcf });
  if (gpp !== undefined) strings.push({ kind: "gpp", text: gpp, sectionIds: gpp_sid });
  const signals = strings.map(await readStrings(strings, policy.tcf));
  const broken = signals.find(({ invalid }) => invalid !== undefined);
  if (broken) throw new Problem(400, "invalid_consent_string", `${broken.kind}: ${broken.invalid}`);
  const mode = consent_mode && fromConsentMode(consent_mode);
  if (mode) signals.push(mode);
  return signals;
}

/** Epoch ms from which its grants are none. */
const lapseOf = ({ givenAt, expiresAt }: Signal, { policy, here }: AskedWhere): number =>
  Math.min(
    expiresAt ?? Number.POSITIVE_INFINITY,
    givenAt > 0 ? givenAt + validityMs(policy, here.regime) : Number.POSITIVE_INFINITY,
  );

/** Strings are stamped by visitors' clocks, some with the day alone. */
const SKEW_MS = DAY_MS;

const mayGrant = ({ kind, givenAt }: Signal, end: number, { here, now }: AskedWhere): boolean =>
  kind !== "choice" && here.regime.honours.includes(kind) && end > now && givenAt <= now + SKEW_MS;

const isSurelyBefore = ({ givenAt }: Signal, choice: ConsentChoice): boolean =>
  givenAt > 0 && givenAt + SKEW_MS <= choice.givenAt;
