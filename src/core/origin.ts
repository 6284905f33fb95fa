/** The origin of an absolute URL as the runtime writes it (`https://shop.example`), without parsing it again. */
export function originOf(url: string): string {
  const end = url.indexOf("/", url.indexOf("://") + 3);
  return end < 0 ? url : url.slice(0, end);
}
