/** The settings that all keys are derived from: the master secret, its version, and those of other versions. */
import * as z from "zod";

export const MIN_SECRET_CHARS = 32;

/** Version → secret. What it says of a mistake repeats nothing of it: the keys may be secrets put the wrong way round. */
export const otherSecretsSchema = z.unknown().transform((given, ctx): Record<string, string> => {
  const refuse = (message: string) => {
    ctx.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return refuse('must be a JSON object of versions and secrets, like {"1": "…"}');
  const secrets: Record<string, string> = {};
  for (const [version, secret] of Object.entries(given)) {
    if (!/^[1-9]\d{0,2}$/.test(version)) return refuse("has a version that is no whole number from 1 to 999");
    if (typeof secret !== "string" || secret.length < MIN_SECRET_CHARS)
      return refuse(`must have ${MIN_SECRET_CHARS} characters or more for version ${version}`);
    secrets[version] = secret;
  }
  return secrets;
});

/** What is wrong with the versions of the master secret: one that is missing would make everything of its time unknown. */
export function versionProblems(
  secret: string,
  current: number,
  others: Readonly<Record<string, string>>,
): string[] {
  const problems: string[] = [];
  for (let version = 1; version < current; version++)
    if (others[version] === undefined)
      problems.push(`lacks version ${version}, which comes before MASTER_SECRET_VERSION ${current}`);
  const seen = new Map([[secret, "MASTER_SECRET"]]);
  for (const [version, other] of Object.entries(others)) {
    if (Number(version) === current || Number(version) > current + 1)
      problems.push(
        `has version ${version}, which is neither before MASTER_SECRET_VERSION ${current} nor next`,
      );
    const same = seen.get(other);
    if (same) problems.push(`has the same secret for version ${version} as ${same}`);
    seen.set(other, `version ${version}`);
  }
  return problems;
}
