/** Texts that bench/measure/build.ts puts into the bundles. */
declare module "bench:fixtures" {
  /** The demo's release, JSON. */
  export const RELEASE: string;
  /** An edge snapshot, JSON. */
  export const SNAPSHOT: string;
  /** Variables and secrets of the measured Worker. */
  export const VARS: Record<string, string>;
}
