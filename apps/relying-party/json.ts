/** Parses JSON of unknown origin; undefined when it is none. Shape is the schema's business. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
