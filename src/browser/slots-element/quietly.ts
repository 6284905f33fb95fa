/** What a browser may refuse, such as its storage or cookies in a frame: undefined where it does. */
export const quietly = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined; // the page goes on without
  }
};
