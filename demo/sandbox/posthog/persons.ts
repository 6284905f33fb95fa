/**
 * PostHog's persons: made by events, unless they ask for none, with `$set` and `$set_once`; read and deleted over the
 * private API with a personal key.
 * https://posthog.com/docs/product-analytics/person-properties
 * https://posthog.com/docs/api/persons (list, bulk_delete)
 */
import { z } from "zod";
import type { DemoRequest } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import type { VendorReply } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import type { Captured } from "./rules.ts";

/** Public on purpose: they protect nothing. */
const PROJECT = "4711";
const PERSONAL_KEY = "phx_sandboxsandbox";
const PATH = /^\/posthog\/api\/projects\/(\d+)\/persons\/(bulk_delete\/)?$/;
const IDS_LIMIT = 1_000;

const deleteRequest = z.object({
  distinct_ids: z.array(z.string()).default([]),
  delete_events: z.boolean().default(false),
  delete_recordings: z.boolean().default(false),
});

type Person = { distinct_ids: [string]; properties: Record<string, unknown> };

export type Persons = {
  see(events: readonly Captured[]): void;
  /** Undefined: the path is none of theirs. */
  answer(request: DemoRequest): VendorReply | undefined;
  clear(): void;
};

const fields = z.record(z.string(), z.unknown()).catch({});

/** Nobody yet. */
export function createPersons(): Persons {
  const people = new Map<string, Person>();

  return {
    see(events) {
      for (const { distinctId, properties } of events) {
        const known = people.get(distinctId);
        // An id that was once a person's stays one.
        if (properties.$process_person_profile === false && known === undefined) continue;
        people.set(distinctId, {
          distinct_ids: [distinctId],
          properties: {
            ...fields.parse(properties.$set_once),
            ...known?.properties,
            ...fields.parse(properties.$set),
          },
        });
      }
    },
    answer(request) {
      const [, project, isDeletion] = PATH.exec(request.path) ?? [];
      if (project === undefined) return undefined;
      if (headerOf(request.headers, "authorization") !== `Bearer ${PERSONAL_KEY}`)
        return privateError(
          401,
          "authentication_error",
          "authentication_failed",
          "Invalid personal API key.",
        );
      if (project !== PROJECT) return privateError(404, "invalid_request", "not_found", "Project not found.");
      if (isDeletion === undefined) {
        const id = request.url.searchParams.get("distinct_id");
        return json(200, {
          results: [...people.values()].filter((one) => id === null || one.distinct_ids[0] === id),
        });
      }
      const parsed = deleteRequest.safeParse(parseJson(request.body));
      if (
        !parsed.success ||
        parsed.data.distinct_ids.length === 0 ||
        parsed.data.distinct_ids.length > IDS_LIMIT
      )
        return privateError(
          400,
          "validation_error",
          "invalid_input",
          `You need to specify 1 to ${IDS_LIMIT} ids.`,
        );
      const found = parsed.data.distinct_ids.filter((id) => people.delete(id)).length;
      return {
        ...json(202, {
          persons_found: found,
          persons_deleted: found,
          events_queued_for_deletion: parsed.data.delete_events,
          recordings_queued_for_deletion: parsed.data.delete_recordings,
          deletion_errors: [],
        }),
        note: { deleted: found },
      };
    },
    clear: () => people.clear(),
  };
}

/** An error of PostHog's private API. */
const privateError = (status: number, type: string, code: string, detail: string): VendorReply =>
  json(status, { type, code, detail, attr: null });
