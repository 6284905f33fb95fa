/** Calls back when a source file has changed; changes within a moment count as one, and calls never overlap. */
import { watch } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["src", "contracts"];
const SETTLE_MS = 150;

/** Watches the Worker's sources under `root` for as long as the process lives. */
export function watchSources(root: string, changed: () => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await changed();
    } while (again);
    running = false;
  };
  for (const folder of FOLDERS) {
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (file === null || /(^|[\\/])(published|\.)|~$|\.tmp$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void run(), SETTLE_MS);
    });
  }
  console.log(`Watching ${FOLDERS.join(" and ")}.`);
}
