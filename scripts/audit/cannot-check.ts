/** Why an audit log cannot be checked at all: said in one line, and another exit code than a broken log has. */
export class CannotCheck extends Error {
  override readonly name = "CannotCheck";
}
