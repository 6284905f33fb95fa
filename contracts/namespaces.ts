/** Names of identifiers' namespaces, also of those that a release adds. The console's page reads them: no schemas here. */
import { IDENTIFIER_NAMESPACES } from "./taxonomy.ts";

/** `person-loyalty_card`, `device-pos_terminal`: the first word says what it names. */
export const CUSTOM_NAMESPACE = /^(person|device)-[a-z0-9_]{1,30}$/;

/** Whether there may be such a namespace: one of Doorstep's, or one's own, which a release then has to declare. */
export const isNamespace = (name: string): boolean =>
  (IDENTIFIER_NAMESPACES as readonly string[]).includes(name) || CUSTOM_NAMESPACE.test(name);
