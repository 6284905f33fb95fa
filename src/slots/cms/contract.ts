/**
 * What a CMS adapter is: pure functions that say what to ask of the CMS and what its answers mean. Requests, limits,
 * checks, storage and schedule are the same for all (pull.ts, hook.ts). One folder of adapters/, one line of registry.ts.
 */
import type * as z from "zod";
export type ItemState = "published" | "draft" | "unpublished";
/** One piece of content in one language. */
export interface CmsItem {
  /** `content_id`: the same in all languages, and in the events of the page that shows it. */
  id: string;
  locale: string;
  state: ItemState;
  title: string;
  html?: string | undefined;
  data?: unknown;
  /** Where the site shows it. */
  url?: string | undefined;
  topic?: string | undefined;
  terms?: readonly string[] | undefined;
  /** By the CMS, epoch ms. */
  changedAt: number;
}
/** An item; one that is no more (in every language, where none is named); or one that cannot be read, and why. */
export type Found = CmsItem | { gone: string; locale?: string } | { unreadable: string; id?: string };
/** What is wanted: everything, what has changed `since` the mark, or some `ids`; from the `next` of the page before. */
export interface Ask<S> {
  source: { url: string; locales: readonly string[]; defaultLocale: string };
  settings: S;
  locale: string;
  since?: string | undefined;
  ids?: readonly string[] | undefined;
  page?: string | undefined;
}
/** `mark`: how far this has read, where the CMS says so; else the newest `changedAt` counts, as an ISO time. */
export type Page = { entries: readonly unknown[]; next?: string | undefined; mark?: string | undefined };
/** Why a webhook is not taken; undefined where its signature holds. */
export type Refusal = "signature_missing" | "signature_invalid" | "timestamp_invalid" | undefined;
export type SignedRequest = { url: string; headers: Headers; body: string };
export interface CmsAdapter<S = unknown> {
  name: string;
  settings: z.ZodType<S>;
  /** Settings that are secrets: `bound` ones are sent, and begin with the address that they are for; `kept` ones are not. */
  secrets: { bound: readonly string[]; kept: readonly string[] };
  /** A draft lies beside what is published, as two items; else what becomes a draft is no longer published. */
  draftsBeside: boolean;
  perLocale(settings: S, url: string): boolean;
  /** Whether `since` is heeded; else every pull reads everything. */
  incremental(settings: S): boolean;
  idsPerRequest: number;
  request(ask: Ask<S>): { url: string; headers?: Record<string, string> };
  read(answer: { body: unknown; headers: Headers }, ask: Ask<S>): Page;
  /** What one entry is, in each language that it comes in. Never throws for what a CMS may send. */
  items(entry: unknown, ask: Ask<S>): Found[];
  verify(request: SignedRequest, settings: S, now: number): Promise<Refusal>;
  /** What has changed: the items themselves, ids to ask for after that, or (neither) something. */
  hook(
    sent: { body: unknown; headers: Headers },
    ask: Ask<S>,
  ): { ids?: readonly string[]; found?: readonly Found[] };
}
