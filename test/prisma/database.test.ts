import { beforeAll, describe, expect, it } from "vitest";
import { type Database, defineStatement } from "../../prisma/database.ts";
import { databaseKind, openTestDatabase } from "../support/databases.ts";

const at = new Date("2026-03-01T12:00:00.123Z");

const insertResource = defineStatement<{ identifier: string }>(
  "test_insert_resource",
  `INSERT INTO "Resource" ("identifier", "name", "scopes", "public", "createdAt", "updatedAt")
   VALUES ($1, $2, $3, $4, $5, $5) RETURNING "identifier"`,
);

const readResource = defineStatement<Record<string, unknown>>(
  "test_read_resource",
  `SELECT "identifier", "name", "scopes", "public", "createdAt" FROM "Resource" WHERE "identifier" = $1`,
);

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});

describe("the database", () => {
  it("is of the kind that the project asks for", () => {
    expect(database.kind).toBe(databaseKind());
  });

  it("gives the same shapes through Prisma and through a prepared statement", async () => {
    await database.sql(insertResource, [
      "urn:one",
      "One",
      JSON.stringify({ read: "Ré" }),
      true,
      at,
    ]);
    const expected = {
      identifier: "urn:one",
      name: "One",
      scopes: { read: "Ré" },
      public: true,
      createdAt: at,
    };
    expect(await database.sql(readResource, ["urn:one"])).toEqual([expected]);
    expect(
      await database.orm.resource.findUnique({ where: { identifier: "urn:one" } }),
    ).toMatchObject(expected);
  });
});
