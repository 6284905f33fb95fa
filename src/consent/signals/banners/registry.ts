/** Banners whose cookies the door reads. A further one: its name in contracts/definitions/policy.ts, a file, a line here. */
import type { BannerName } from "#contracts/definitions/policy";
import { cookiebot } from "./cookiebot.ts";
import { didomi } from "./didomi.ts";
import { onetrust } from "./onetrust.ts";
import type { Banner } from "./reading.ts";
import { usercentrics } from "./usercentrics.ts";
import { vanillaCookieconsent } from "./vanilla-cookieconsent.ts";

export const BANNERS = {
  onetrust,
  cookiebot,
  usercentrics,
  didomi,
  "vanilla-cookieconsent": vanillaCookieconsent,
} satisfies Record<BannerName, Banner>;
