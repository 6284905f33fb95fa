/**
 * What a user agent says, reduced to class, OS family, browser family and major version. Parsed by a maintained
 * library, once per string: a bounded cache holds the few thousand strings that make up nearly all traffic.
 */
import { isbot } from "isbot";
import UAParser from "ua-parser-js";
import type { DeviceType } from "#contracts/taxonomy";
import { recent } from "./recent.ts";

export interface Device {
  type: DeviceType;
  os?: string;
  /** Family and major version, `Chrome 154`. */
  browser?: string;
  bot: boolean;
}

const MAX_CHARS = 512;
const devices = recent<Device>(2_000);

/** The reduced device of a `User-Agent` header; no header: of unknown type, and a bot as far as anyone can tell. */
export function deviceOf(userAgent: string | null): Device {
  const text = (userAgent ?? "").slice(0, MAX_CHARS);
  const known = devices.get(text);
  if (known) return known;
  const device = parse(text);
  devices.keep(text, device);
  return device;
}

function parse(text: string): Device {
  const { device, os, browser } = new UAParser(text).getResult();
  const type =
    device.type === "mobile" || device.type === "tablet" ? device.type : os.name ? "desktop" : "other";
  const major = browser.major ?? "";
  return {
    type,
    ...(os.name && { os: os.name }),
    ...(browser.name && { browser: `${browser.name} ${major}`.trim() }),
    bot: isbot(text),
  };
}
