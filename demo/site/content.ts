/**
 * What the magazine has in it before anyone publishes: products of the shop, and the shapes of its
 * content. Articles live in `seed-articles.ts` and, with those an editor adds, in `articles.ts`.
 */
import { z } from "zod";

/** One article. `body` is paragraphs separated by blank lines; a line that starts with `## ` is a heading. */
export const article = z.object({
  slug: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  title: z.string().min(3).max(120),
  topic: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .max(40),
  tags: z.array(z.string()).default([]),
  author: z.string().min(1).max(80),
  publishDate: z.iso.date(),
  summary: z.string().max(300),
  body: z.string().min(1).max(20_000),
});

export type Article = z.infer<typeof article>;

/** One product. `price` is in euros. */
export type Product = {
  slug: string;
  name: string;
  category: string;
  price: number;
  summary: string;
  details: readonly string[];
};

/** The shop's currency, by ISO 4217. */
export const CURRENCY = "EUR";

export const PRODUCTS: readonly Product[] = [
  {
    slug: "skarn-60-rope",
    name: "Skarn 60 m rope",
    category: "climbing",
    price: 189,
    summary: "A supple 9.6 mm single rope with a middle mark you can find with cold fingers.",
    details: [
      "9.6 mm, 60 m, 62 g per metre",
      "Seven UIAA falls",
      "Bluesign sheath from leftover yarn, so no two are alike",
    ],
  },
  {
    slug: "halyard-dry-bag",
    name: "Halyard dry bag 20 L",
    category: "sailing",
    price: 49,
    summary: "Welded seams, a roll top that seals on the third turn, and a strap for the swim ashore.",
    details: ["20 litres, 310 g", "Recycled 420D, PVC-free coating", "Floats when sealed"],
  },
  {
    slug: "polar-drift-jacket",
    name: "Polar Drift jacket",
    category: "winter",
    price: 329,
    summary: "Down where you are cold, synthetic where you sweat, and a hood that takes a helmet.",
    details: ["800-fill down body, synthetic shoulders", "540 g in size M", "Repaired free for ten years"],
  },
  {
    slug: "ember-flask",
    name: "Ember flask 0.75 L",
    category: "winter",
    price: 39,
    summary: "Tea that is still too hot at the top. The cap opens with mittens on.",
    details: ["Keeps 18 hours hot", "Steel inside and out, 395 g", "Every part can be replaced"],
  },
  {
    slug: "lodestar-headlamp",
    name: "Lodestar headlamp",
    category: "climbing",
    price: 79,
    summary: "Four hundred lumens, one button, and a red mode for those who are still asleep.",
    details: ["400 lm for 5 hours, 20 lm for 140", "USB-C or three AAA", "IP67, 88 g"],
  },
];

/** Finds a product of the shop. */
export function productBySlug(slug: string): Product | undefined {
  return PRODUCTS.find((product) => product.slug === slug);
}

/** "€189.00". */
export function price(euros: number): string {
  return `€${euros.toFixed(2)}`;
}

/** A title for a topic's slug: "deep-winter" → "Deep winter". */
export function topicName(topic: string): string {
  const words = topic.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
