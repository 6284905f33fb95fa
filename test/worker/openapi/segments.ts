/** Cases of segments and lists for test/worker/openapi.test.ts. @param operator the headers of one */
import type { Case } from "./case.ts";

/** The `lists` of the release. */
export const LISTS = { newsletter: {} };

/** @param segment one of the release's */
export function segmentCases(operator: Record<string, string>, segment: string): Case[] {
  const headers = operator;
  const estimate = "post /admin/api/segments/estimate";
  const overlap = "get /admin/api/segments/{key}/overlap";
  const lists = "post /admin/api/lists/{key}";
  const path = "/admin/api/lists/newsletter";
  const entries = [{ namespace: "email", value: "ann@shop.example" }];
  return [
    { operation: "get /admin/api/segments", status: 200, headers },
    { operation: overlap, path: `/admin/api/segments/${segment}/overlap`, status: 200, headers },
    { operation: overlap, path: "/admin/api/segments/none/overlap", status: 404, headers },
    { operation: estimate, status: 200, headers, body: { when: {} } },
    { operation: estimate, status: 400, headers, body: {} },
    { operation: estimate, status: 422, headers, body: { when: { no_such_feature: 1 } } },
    { operation: "get /admin/api/lists", status: 200, headers },
    { operation: lists, path, status: 200, headers, body: { entries } },
    { operation: lists, path, status: 400, headers, body: { entries: "all" } },
    { operation: lists, path: "/admin/api/lists/none", status: 404, headers, body: { entries } },
    { operation: lists, path, status: 422, headers, body: { entries: [{ namespace: "email", value: "x" }] } },
  ];
}
