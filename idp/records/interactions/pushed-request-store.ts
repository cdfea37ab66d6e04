// Authorization requests that their clients pushed, until a browser comes for them (RFC 9126). Each is
// taken once, by the one statement that removes it.
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import { type Lifetimes, secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { AuthorizationRequest } from "./interaction-request.ts";

const takeOnce = namedStatement<
  { request: unknown },
  { referenceHash: string; clientId: string; now: Date }
>(
  "pushed_request.take",
  `DELETE FROM "PushedRequest"
   WHERE "referenceHash" = :referenceHash AND "clientId" = :clientId
     AND "expiresAt" > :now::timestamptz
   RETURNING "request"`,
);

export type PushedRequestStore = ReturnType<typeof pushedRequestStore>;

export const pushedRequestStore = (
  database: Database,
  { pushedRequestSeconds }: Pick<Lifetimes, "pushedRequestSeconds">,
) => ({
  /** @returns what the client names it by from now on, for as many seconds */
  async push(
    request: AuthorizationRequest,
    now: Date,
  ): Promise<{ reference: string; expiresInSeconds: number }> {
    const reference = newCredential("pushed-request");
    await database.orm.pushedRequest.create({
      data: {
        referenceHash: hashOf(reference),
        clientId: request.clientId,
        request,
        createdAt: now,
        expiresAt: secondsAfter(now, pushedRequestSeconds),
      },
    });
    return { reference, expiresInSeconds: pushedRequestSeconds };
  },

  /**
   * Of several concurrent calls exactly one gets it.
   * @returns undefined for one that is unknown, another client's, taken already or too old
   */
  async take(
    reference: string,
    clientId: string,
    now: Date,
  ): Promise<AuthorizationRequest | undefined> {
    if (!isCredential("pushed-request", reference)) return undefined;
    const values = { referenceHash: hashOf(reference), clientId, now };
    const [row] = await database.sql(takeOnce, takeOnce.values(values));
    return row && AuthorizationRequest.parse(row.request);
  },
});
