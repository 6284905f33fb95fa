/** Namespaces of identifiers in the bodies of requests: Doorstep's own list, and those that a release adds, by their form. */
import * as z from "zod";
import { IDENTIFIER_NAMESPACES } from "./taxonomy.ts";

/** A namespace of a release's own: `CUSTOM_NAMESPACE` as a type. */
export const customNamespaceSchema = z.templateLiteral([
  z.enum(["person", "device"]),
  "-",
  z.string().regex(/^[a-z0-9_]{1,30}$/),
]);

/** A namespace by which somebody is looked up. */
export const namespaceSchema = z.union([z.enum(IDENTIFIER_NAMESPACES), customNamespaceSchema]);
