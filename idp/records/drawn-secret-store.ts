// A secret that the installation draws once for itself and keeps for ever: the first of several replicas to
// start draws it, and all are answered with hers.
import { randomBytes } from "node:crypto";
import type { Database } from "../../prisma/database.ts";
import { namedStatement } from "./named-statement.ts";

type SecretTable = "StatusSecret" | "SubjectSecret";

/** @returns 32 random bytes, the same at every call */
export function drawnSecret(database: Database, table: SecretTable): () => Promise<Buffer> {
  const require = namedStatement<{ secret: string }, { proposed: string }>(
    `drawn_secret.${table}`,
    `INSERT INTO "${table}" ("id", "secret") VALUES (1, :proposed)
     ON CONFLICT ("id") DO UPDATE SET "secret" = "${table}"."secret"
     RETURNING "secret"`,
  );
  return async () => {
    const proposed = randomBytes(32).toString("base64url");
    const [row] = await database.sql(require, require.values({ proposed }));
    if (row === undefined) throw new Error(`the secret of ${table} was not kept`);
    return Buffer.from(row.secret, "base64url");
  };
}
