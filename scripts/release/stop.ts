/** Why a command of `npm run release` ends: told to people without a stack, and to programs by the exit code. */

/** 1: the release is refused, or others have moved on. 2: it could not be asked or done. */
export class Stop extends Error {
  readonly exitCode: 1 | 2;
  constructor(exitCode: 1 | 2, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
