/** Rings of one deployment through its rotations. */
import { type Keyring, keyring } from "#privacy/keys";

/** The master secret of all tests. */
export const FIRST = "test-master-secret-0123456789abcdef";
export const SECOND = "second-master-secret-0123456789abcdef";
const THIRD = "third-master-secret-0123456789abcdef";
const SECRETS = [FIRST, SECOND, THIRD];

/** The settings after the rotation to a version. */
export function secretsOf(version: 1 | 2 | 3) {
  const before = SECRETS.slice(0, version - 1).map((secret, index) => [String(index + 1), secret]);
  return {
    MASTER_SECRET: SECRETS[version - 1] ?? "",
    MASTER_SECRET_VERSION: version,
    MASTER_SECRETS_BEFORE: Object.fromEntries(before) as Record<string, string>,
    TENANT: "doorstep",
  };
}

export const ringOf = (version: 1 | 2 | 3): Promise<Keyring> => keyring(secretsOf(version));
