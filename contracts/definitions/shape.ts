/** Of the schemas of a release; written by `npm run contracts`, and explained in scripts/contracts/shape.ts. */
export const RELEASE_SHAPE = "456e0faffecf3959";
