/**
 * GA4, for sites whose tag is pointed here instead of at Google, and for servers that use the Measurement Protocol. Both
 * are read into one vocabulary (ga4-event.ts), which ga4-mapping.ts translates to our contracts.
 */
import { asText } from "../shape.ts";
import { readMeasurement } from "./ga4-measurement.ts";
import { HIT, HIT_GET, MEASUREMENT, VALIDATION } from "./ga4-routes.ts";
import { readHit } from "./ga4-tag.ts";
import { validate } from "./ga4-validate.ts";
import { emptyBody, jsonAnswer, type Protocol } from "./protocol.ts";

export const ga4 = {
  name: "ga4",
  routes: [HIT_GET, HIT, MEASUREMENT, VALIDATION],
  // A tag has no key: its measurement id is the source's write key. A server has a secret for this very purpose.
  keyIn: ({ route, query }) => {
    const given = query();
    const key = route.path === HIT.path ? given.get("tid") : given.get("api_secret");
    return key ?? given.get("measurement_id") ?? undefined;
  },
  parse({ route, query, body }, stamp) {
    if (route.path === HIT.path) return readHit(query(), asText(body) ?? "", stamp);
    // The validation server takes nothing in: its answer is all that it does.
    if (route.path === VALIDATION.path) return emptyBody();
    return readMeasurement(asText(body) ?? "", stamp);
  },
  // As Google: no body, whatever became of the events.
  respond: (_, { route, body }) =>
    route.path === VALIDATION.path
      ? jsonAnswer(200, { validationMessages: validate(asText(body) ?? "") })
      : { status: 204, contentType: "text/plain", body: null },
} satisfies Protocol;
