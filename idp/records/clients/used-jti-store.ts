// Which assertions have been used, on whichever replica, for as long as one could come again (security C2).
import type { Database } from "../../../prisma/database.ts";
import { hashOf } from "../../protocol/credential.ts";
import { namedStatement } from "../named-statement.ts";

const spendOnce = namedStatement<{ spent: number }, { jtiHash: string; expiresAt: Date }>(
  "used_jti.spend",
  `INSERT INTO "UsedJti" ("jtiHash", "expiresAt") VALUES (:jtiHash, :expiresAt::timestamptz)
   ON CONFLICT ("jtiHash") DO NOTHING
   RETURNING 1 AS "spent"`,
);

export type UsedJtiStore = ReturnType<typeof usedJtiStore>;

export const usedJtiStore = (database: Database) => ({
  /**
   * Of any number of concurrent calls exactly one is told true.
   * @param expiresAt  when an assertion with this jti would be refused anyway
   */
  async spend(clientId: string, jti: string, expiresAt: Date): Promise<boolean> {
    const jtiHash = hashOf(`${clientId}\0${jti}`);
    const rows = await database.sql(spendOnce, spendOnce.values({ jtiHash, expiresAt }));
    return rows.length > 0;
  },
});
