/** Versions of the master secret, and the rotation of subject keys: src/console/keys-routes.ts. */
import * as z from "zod";
import type { KeysStatus } from "../../../src/privacy/rewrap.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const keysSchema = z.object({
  version: z.int().meta({ description: "Of the current master secret." }),
  versions: z.array(z.int()).meta({ description: "All that are known, newest first." }),
  rewrap: z.object({
    done: z.boolean().meta({ description: "No subject key needs a version before the current one." }),
    rewrapped: z.int().meta({ description: "Keys that this rotation has wrapped anew." }),
    remaining: z.int().meta({ description: "Keys that are still wrapped by another version." }),
  }),
}) satisfies z.ZodType<KeysStatus>;

export const keys: Group = {
  tag: "keys",
  description: "Rotation of the master secret, as far as it is. No key and no secret: docs/keys.md.",
  requests: {},
  answers: { KeysStatus: keysSchema },
  paths: {
    "/admin/api/keys": {
      get: {
        id: "getKeys",
        summary: "How far a rotation is",
        security: ADMIN,
        answers: {
          200: {
            description: "The versions, and the job that wraps subject keys anew.",
            json: {
              schema: "KeysStatus",
              examples: {
                "Under way": {
                  version: 2,
                  versions: [2, 1],
                  rewrap: { done: false, rewrapped: 1500, remaining: 420 },
                },
              },
            },
          },
        },
      },
    },
  },
};
