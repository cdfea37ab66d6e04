// Request parameters in application/x-www-form-urlencoded, read strictly: what two readers could
// understand differently is refused (RFC 6749 §3.1, §3.2; ASVS 15.3.7).
import { type ZodError, type ZodObject, ZodUnknown, type z } from "zod";
import { invalidRequest } from "./oauth-error.ts";

const mostParameters = 100;
const longestValue = 2 * 1024;
const longestLongValue = 8 * 1024;
/** Parameters that carry whole tokens or documents. */
const longParameters = new Set([
  "id_token_hint",
  "claims",
  "request",
  "client_assertion",
  "access_token",
  "token",
]);

/**
 * All parameters of a query string or form body, in order.
 * @throws OAuthError invalid_request for broken encoding, NUL, too many or too long parameters
 */
export function parseParameters(raw: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  if (raw === "") return parameters;
  // The encoding is ASCII by definition; other bytes mean that somebody's encoder is broken.
  if (/[^\x20-\x7e]/.test(raw)) throw invalidRequest("The parameters are not form-urlencoded");
  const pairs = raw.split("&", mostParameters + 1);
  if (pairs.length > mostParameters) {
    throw invalidRequest(`There are more than ${mostParameters} parameters`);
  }
  for (const pair of pairs) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
    const limit = longParameters.has(name) ? longestLongValue : longestValue;
    if (Buffer.byteLength(value) > limit) {
      throw invalidRequest(`${shortName(name)} is longer than ${limit} bytes`);
    }
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

/** Percent-decoding that refuses what is not UTF-8, and the NUL that ends strings elsewhere. */
export function decode(text: string): string {
  if (!/[%+\0]/.test(text)) return text;
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidRequest("The parameters are not UTF-8 in percent-encoding");
  }
  if (decoded.includes("\0")) throw invalidRequest("A parameter contains NUL");
  return decoded;
}

/**
 * The parameters a schema knows, checked by it. A known one given twice is refused unless repeatable;
 * unknown ones are ignored; an empty value counts as absent (RFC 6749 §3.1).
 *
 * A repeatable parameter arrives as an array. With a loose schema the unknown ones come along for a
 * second schema to take (see `checkParameters`): as a string, or as an array when given twice.
 * @throws OAuthError invalid_request
 */
export function takeParameters<Schema extends ZodObject>(
  parameters: ReadonlyMap<string, readonly string[]>,
  schema: Schema,
  { repeatable = [] }: { repeatable?: readonly string[] } = {},
): z.output<Schema> {
  const loose = schema.def.catchall instanceof ZodUnknown;
  const values: Record<string, string | string[]> = {};
  for (const [name, given] of parameters) {
    const known = Object.hasOwn(schema.shape, name);
    if (name === "__proto__" || (!known && !loose)) continue;
    if (known && given.length > 1 && !repeatable.includes(name)) {
      throw invalidRequest(`${name} was given more than once`);
    }
    const present = given.filter((value) => value !== "");
    const [first] = present;
    if (first === undefined && given.length === 1) continue;
    if (repeatable.includes(name)) values[name] = present;
    else if (given.length > 1) values[name] = [...given];
    else if (first !== undefined) values[name] = first;
  }
  return checkParameters(schema, values);
}

/**
 * Checks values against a schema, naming the parameter that is wrong.
 * @throws OAuthError invalid_request
 */
export function checkParameters<Schema extends ZodObject>(
  schema: Schema,
  values: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const result = schema.safeParse(values);
  if (!result.success) throw invalidRequest(firstProblem(result.error, values));
  return result.data;
}

function firstProblem(error: ZodError, values: Readonly<Record<string, unknown>>): string {
  const [issue] = error.issues;
  const name = shortName(String(issue?.path[0] ?? "request"));
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) return `${name} is missing`;
  if (Array.isArray(value) && issue?.code === "invalid_type" && issue.path.length === 1) {
    return `${name} was given more than once`;
  }
  return issue?.code === "custom" ? `${name} ${issue.message}` : `${name} is not valid`;
}

const shortName = (name: string) => (name.length > 64 ? `${name.slice(0, 64)}...` : name);
