/**
 * What content and which products there are. An event that names another is taken and flagged (`context.flags`), so that
 * a mistyped id is seen where it is made. A list that is absent checks nothing. Filled by the CMS's and the shop's export.
 */
import * as z from "zod";

/** A release is one document that every isolate holds; a larger catalogue is checked in the lake. */
const ids = z.array(z.string().min(1).max(128)).max(10_000).optional();

export const catalogueSchema = z.strictObject({
  /** Values of `content_id`. The keys of the release's own `content` are known besides these. */
  content: ids,
  /** Values of `product_id`. */
  products: ids,
});
