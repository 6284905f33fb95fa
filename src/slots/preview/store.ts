/** What a preview reads in D1 besides rows and drafts: the document of one version. */

/** The document of a version, as it was published; undefined where there is none. */
export async function readVersion(db: D1Database, version: number): Promise<string | undefined> {
  const row = await db
    .prepare("SELECT document FROM releases WHERE version = ?1")
    .bind(version)
    .first<{ document: string }>();
  return row?.document;
}
