/**
 * In a preview, on a page that has no bar of the door's (src/slots/preview/bar.ts) because the door does not serve it: what
 * fills its slots is somebody else's, so it says so, and how to end it. Called by main.ts.
 */
import { base } from "./settings.ts";

/** Once for a page. */
export const showPreview = (): void => {
  if (document.querySelector("doorstep-preview,#doorstep-preview")) return;
  const leave = document.createElement("a");
  leave.id = "doorstep-preview";
  leave.textContent = "Preview – leave";
  leave.href = `${base}/preview?ds_preview=off`;
  leave.style.cssText =
    "position:fixed;inset:auto 0 0 auto;z-index:2147483647;padding:.5rem 1rem;background:#fff;color:#000";
  // Only the door can take its cookie away; the page stays where it is.
  leave.onclick = () => {
    void fetch(leave.href, { mode: "no-cors", credentials: "include" }).finally(() => location.reload());
    return false;
  };
  document.body.appendChild(leave);
};
