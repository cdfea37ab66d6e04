import type { Context } from "koa";
import { z } from "zod";
import { readJson, readQuery } from "../../http/parse.ts";
import { invalidRequest } from "../../protocol/oauth-error.ts";
import { isPlainText } from "../../protocol/plain-text.ts";

const AnyMembers = z.looseObject({});

/**
 * The body against its schema. Operators see which member is wrong and why; a member that the schema
 * does not know is refused, because it was meant to do something.
 * @throws OAuthError invalid_request; HttpError 413, 415
 */
export async function readRequest<Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await readJson(ctx, AnyMembers));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys")
    throw invalidRequest(`${[...issue.path, issue.keys[0]].join(".")} is not a member here`);
  throw invalidRequest(`${issue?.path.join(".") || "The body"}: ${issue?.message ?? "not valid"}`);
}

/** The path parameter, which the route guarantees. */
export function pathParameter(ctx: Context, name: string): string {
  const value: unknown = ctx.params[name];
  if (typeof value !== "string" || value === "") throw invalidRequest(`${name} is missing`);
  if (!isPlainText(value)) throw invalidRequest(`${name} contains control characters`);
  return value;
}

const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(100),
  /** The id of the last record already seen: `next` of the page before. */
  after: z.string().max(100).optional(),
});

export function readPage(ctx: Context): { limit: number; after?: string } {
  const { limit, after } = readQuery(ctx, Page);
  return { limit, ...(after === undefined ? {} : { after }) };
}
