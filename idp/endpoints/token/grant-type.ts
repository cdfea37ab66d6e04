// What a grant type is: its own parameters, and what it gives for them. Whatever every grant needs
// (the client's authentication, its allow-list) is done before, in token-endpoint.ts.
import type { ZodObject, z } from "zod";
import { checkParameters } from "../../protocol/parameters.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { Client } from "../../records/clients/client.ts";

/** What goes into the answer of RFC 6749 §5.1. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** Of the access token. */
  readonly scopes: readonly string[];
  readonly refreshToken?: string;
  readonly idToken?: string;
}

export interface GrantType {
  redeem(
    request: Readonly<Record<string, unknown>>,
    client: Client,
    cause: Cause,
  ): Promise<IssuedTokens>;
}

/** @param redeem  gets the parameters that the schema let through, and an authenticated client */
export const defineGrantType = <Schema extends ZodObject>(
  schema: Schema,
  redeem: (request: z.output<Schema>, client: Client, cause: Cause) => Promise<IssuedTokens>,
): GrantType => ({
  redeem: async (request, client, cause) => redeem(checkParameters(schema, request), client, cause),
});
