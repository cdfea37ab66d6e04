/** All records of a list that comes in pages. @param ask  is given the query string of each page */
export async function everyPage<T>(
  ask: (query: string) => Promise<{ records: T[]; next?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let query: string | undefined = "";
  while (query !== undefined) {
    const page: { records: T[]; next?: string | undefined } = await ask(query);
    all.push(...page.records);
    query = page.next === undefined ? undefined : `?after=${encodeURIComponent(page.next)}`;
  }
  return all;
}
