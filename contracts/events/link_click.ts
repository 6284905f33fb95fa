/** A link was followed that leads away from the site or to a file. A marked one is `cta_click`. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    link_url: behavioural(z.string().min(1).max(4096), "url"),
    link_text: behavioural(z.string().max(256), "text").optional(),
    link_id: behavioural(z.string().max(128)).optional(),
    /** Whether it leads to another site. */
    outbound: behavioural(z.boolean()).optional(),
    /** Of a download. */
    file_name: behavioural(z.string().max(256), "text").optional(),
    file_extension: behavioural(z.string().max(16)).optional(),
    content: contentSchema().optional(),
  }),
);

export const linkClick = {
  name: "link_click",
  version: "1.0.0",
  description: "A link was followed that leads away or to a file.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "To another site",
      properties: { link_url: "https://weather.example/oslo", link_text: "The weather", outbound: true },
    },
    {
      title: "A download",
      properties: {
        link_url: "https://shop.example/size-chart.pdf",
        file_name: "size-chart.pdf",
        file_extension: "pdf",
      },
    },
  ],
} satisfies EventContract;
