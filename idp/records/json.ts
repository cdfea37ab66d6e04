/** A JSON column that holds an object; anything else in it counts as empty. */
export const asObject = (json: unknown): Record<string, unknown> =>
  typeof json === "object" && json !== null && !Array.isArray(json)
    ? { ...(json as Record<string, unknown>) }
    : {};

export const asStrings = (json: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(asObject(json)).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
