// What remains of grants that are deleted with their client: that they have ended, for as long as one of their
// access tokens may still be about.
import type { Orm } from "../../../prisma/database.ts";
import { secondsAfter } from "../lifetimes.ts";

/** As long as the settings let any access token live. */
const LONGEST_ACCESS_TOKEN_SECONDS = 86_400;

/** Within the transaction that deletes them. @param clientId  locked, so that it gets no further grant */
export async function rememberGrantsOf(orm: Orm, clientId: string, now: Date): Promise<void> {
  const grants = await orm.grant.findMany({ where: { clientId }, select: { statusNumber: true } });
  const expiresAt = secondsAfter(now, LONGEST_ACCESS_TOKEN_SECONDS);
  await orm.deletedGrant.createMany({
    data: grants.map(({ statusNumber }) => ({ statusNumber, deletedAt: now, expiresAt })),
  });
}
