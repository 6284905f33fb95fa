/** Settings of a PostHog project, on PostHog Cloud or on one's own host. */
import * as z from "zod";

/** Who may get the personal key besides the host that the key itself names. */
export const POSTHOG_API_HOSTS = ["us.posthog.com", "eu.posthog.com"];

/** A key, and the host that it is for where that is one's own: who edits a release cannot have it sent elsewhere. */
const personalKey = z
  .string()
  .regex(/^phx_\w{8,200}( https:\/\/\S{1,200})?$/, "must be a personal API key (phx_…)")
  .transform((given) => {
    const [key = "", url = ""] = given.split(" ");
    return { key, host: URL.parse(url)?.hostname };
  });

export const posthogSettings = z
  .strictObject({
    api_key: z
      .string()
      .regex(/^(?!phx_)[\x21-\x7e]{1,200}$/, "must be the project's token, never a personal key")
      .meta({
        title: "Project token",
        description:
          "`phc_…`, under Project settings. It is public, as every page that PostHog's own script runs on shows it.",
      }),
    host: z
      .url({ protocol: /^https?$/ })
      .default("https://us.i.posthog.com")
      .meta({
        title: "Host",
        description: "`https://us.i.posthog.com`, `https://eu.i.posthog.com`, or that of your own PostHog.",
      }),
    person_profiles: z.enum(["identified_only", "always"]).default("identified_only").meta({
      title: "Person profiles",
      description:
        "`identified_only`: an anonymous visitor's events make no person, cost less, and cannot be deleted one by one. `always`: everybody is a person there, whom PostHog can delete.",
    }),
    project_id: z
      .string()
      .regex(/^\d{1,12}$/, "must be the number of a project")
      .optional()
      .meta({ title: "Project id", description: "For deletion, with the next one: under Project settings." }),
    personal_api_key: personalKey.optional().meta({
      title: "Personal API key",
      description:
        'For deletion: a key with the scope `person:write`, as `{"$secret": "POSTHOG_PERSONAL_KEY"}`. For your own PostHog the secret also names the host that may have it: `phx_… https://posthog.example.com`.',
    }),
  })
  .refine((settings) => (settings.project_id === undefined) === (settings.personal_api_key === undefined), {
    path: ["personal_api_key"],
    message: "project_id and personal_api_key go together",
  });

export type PosthogSettings = z.infer<typeof posthogSettings>;

/** Where the settings' host has its private API: PostHog Cloud has it on another name than the public one. */
export const apiHost = ({ host }: PosthogSettings): string =>
  host.replace(/\/$/, "").replace(/^https:\/\/(us|eu)\.i\.posthog\.com$/, "https://$1.posthog.com");
