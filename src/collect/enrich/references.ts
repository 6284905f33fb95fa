/**
 * Whether an event names content and products that there are, by the release's catalogue. What is unknown is flagged,
 * never refused: the event happened all the same, and the catalogue may be what is late. Pure.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { ContextFlag } from "#contracts/taxonomy";
import { refOf } from "#release/content-ref";

interface Known {
  content: ReadonlySet<string> | undefined;
  products: ReadonlySet<string> | undefined;
}

const known = new WeakMap<ReleaseDocument, Known>();

/** The flags of an event's references; undefined where nothing is odd, or where the release lists nothing. */
export function flagsOf(
  document: ReleaseDocument,
  properties: Record<string, unknown>,
): ContextFlag[] | undefined {
  if (document.catalogue === undefined) return undefined;
  const { content, products } = knownOf(document);
  const flags: ContextFlag[] = [];
  if (content && namesUnknownContent(properties, content)) flags.push("unknown_content");
  if (products && namesUnknownProduct(properties, products)) flags.push("unknown_product");
  return flags.length > 0 ? flags : undefined;
}

function knownOf(document: ReleaseDocument): Known {
  let ids = known.get(document);
  if (!ids) {
    const { content, products } = document.catalogue ?? {};
    ids = {
      // What a slot shows is the release's own content, or an item of a CMS that an offer names.
      content: content && new Set([...content, ...Object.keys(document.content), ...shownOf(document)]),
      products: products && new Set(products),
    };
    known.set(document, ids);
  }
  return ids;
}

/** Content ids of the items of CMSs that offers show. */
const shownOf = ({ offers }: ReleaseDocument): string[] =>
  Object.values(offers).flatMap(({ content }) => refOf(content)?.id ?? []);

function namesUnknownContent(properties: Record<string, unknown>, ids: ReadonlySet<string>): boolean {
  const { content } = properties;
  return isUnknown(properties.content_id, ids) || (isRecord(content) && isUnknown(content.content_id, ids));
}

function namesUnknownProduct(properties: Record<string, unknown>, ids: ReadonlySet<string>): boolean {
  const { items } = properties;
  return (
    isUnknown(properties.product_id, ids) ||
    (Array.isArray(items) && items.some((item) => isRecord(item) && isUnknown(item.product_id, ids)))
  );
}

const isUnknown = (id: unknown, ids: ReadonlySet<string>): boolean => typeof id === "string" && !ids.has(id);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
