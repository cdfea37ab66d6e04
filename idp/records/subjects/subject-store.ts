import { randomBytes } from "node:crypto";
import type { Database } from "../../../prisma/database.ts";
import { namedStatement } from "../named-statement.ts";

/** The first of several replicas draws it; all are answered with hers. */
const requireSecret = namedStatement<{ secret: string }, { proposed: string }>(
  "subject.require_secret",
  `INSERT INTO "SubjectSecret" ("id", "secret") VALUES (1, :proposed)
   ON CONFLICT ("id") DO UPDATE SET "secret" = "SubjectSecret"."secret"
   RETURNING "secret"`,
);

export type SubjectStore = ReturnType<typeof subjectStore>;

export const subjectStore = (database: Database) => ({
  /** What pairwise subjects are made with; drawn at the first start, and never changed. */
  async requireSecret(): Promise<Buffer> {
    const proposed = randomBytes(32).toString("base64url");
    const [row] = await database.sql(requireSecret, requireSecret.values({ proposed }));
    if (row === undefined) throw new Error("the subject secret was not kept");
    return Buffer.from(row.secret, "base64url");
  },
});
