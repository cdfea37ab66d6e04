import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Database,
  DatabaseUnavailable,
  defineStatement,
  openDatabase,
} from "../../prisma/database.ts";
import {
  administer,
  createDatabase,
  databaseKind,
  openTestDatabase,
} from "../support/databases.ts";

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

const values = defineStatement<Record<string, unknown>>(
  "test_values",
  `SELECT $1::text[] AS list, $2::text AS nothing, 7::int4 AS four, 8::int8 AS eight,
          count(*) AS counted, $3::timestamptz(3) AS moment, $4::jsonb AS json, true AS yes
   FROM "KeySet"`,
);

const resource = (identifier: string) => ({
  identifier,
  name: "One",
  scopes: { read: "Ré" },
  public: true,
  createdAt: at,
});

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
beforeEach(() => database.orm.resource.deleteMany());

const addResource = (identifier: string) =>
  database.orm.resource.create({ data: { ...resource(identifier), updatedAt: at } });

const identifiers = async () =>
  (await database.orm.resource.findMany()).map(({ identifier }) => identifier);

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
    await addResource("urn:two");
    for (const identifier of ["urn:one", "urn:two"]) {
      expect(await database.sql(readResource, [identifier])).toEqual([resource(identifier)]);
      expect(await database.orm.resource.findUnique({ where: { identifier } })).toEqual({
        ...resource(identifier),
        updatedAt: at,
      });
    }
  });

  it("answers with Date, number, string[] and parsed JSON on either database", async () => {
    const list = ["a", 'b"c', "d,{e}", ""];
    expect(await database.sql(values, [list, null, at, '{"deep":[1,null]}'])).toEqual([
      {
        list,
        nothing: null,
        four: 7,
        eight: 8,
        counted: 1,
        moment: at,
        json: { deep: [1, null] },
        yes: true,
      },
    ]);
  });

  it("answers the same however often it is asked, and after a refusal in between", async () => {
    const ask = (list: string[], moment: Date) =>
      database.sql(values, [list, "", moment, "[]"]).then(([row]) => row);
    const early = new Date("1000-12-31T23:59:59.999Z");
    for (const moment of [at, early, new Date(0), at]) {
      const list = ["\\", "{}", "NULL", 'a\\"b', "é\n"];
      expect(await ask(list, moment)).toMatchObject({ list, nothing: "", eight: 8, moment });
    }
    await expect(database.sql(values, ["{", null, at, "{"])).rejects.toThrow();
    await expect(database.sql(values, [[], null, at, "{"])).rejects.toThrow();
    expect(await ask([], at)).toMatchObject({ list: [], moment: at });
  });

  it("keeps what returns no rows apart from what returns none just now", async () => {
    const remove = defineStatement("test_remove", `DELETE FROM "Resource" WHERE "identifier" = $1`);
    for (const identifier of ["urn:one", "urn:two", "urn:two"]) {
      expect(await database.sql(readResource, [identifier])).toEqual([]);
      expect(await database.sql(remove, [identifier])).toEqual([]);
    }
    await addResource("urn:one");
    expect(await database.sql(readResource, ["urn:one"])).toHaveLength(1);
  });

  it("gives each of many that ask at once its own answer", async () => {
    const moments = Array.from({ length: 100 }, (_, n) => new Date(at.getTime() + n));
    const answers = await Promise.all(
      moments.map((moment) => database.sql(values, [[String(moment)], null, moment, "{}"])),
    );
    expect(answers.map(([row]) => row?.moment)).toEqual(moments);
  });

  it("counts the statements it sends, and not the time it is asked", async () => {
    const before = database.statements.count;
    await database.sql(readResource, ["urn:none"]);
    await database.orm.resource.findUnique({ where: { identifier: "urn:none" } });
    await database.time();
    expect(database.statements.count - before).toBe(2);
    await database.transaction(async (orm) => {
      await orm.resource.count();
      await orm.resource.count();
    });
    expect(database.statements.count - before).toBe(4);
  });

  it("tells its own time", async () => {
    expect(await database.time()).toBeInstanceOf(Date);
  });
});

describe("a transaction", () => {
  it("keeps everything or nothing", async () => {
    await database.transaction(async (orm) => {
      await orm.resource.create({ data: { ...resource("urn:kept"), updatedAt: at } });
    });
    const failing = database.transaction(async (orm) => {
      await orm.resource.create({ data: { ...resource("urn:lost"), updatedAt: at } });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await identifiers()).toEqual(["urn:kept"]);
  });

  it("refuses a prepared statement at once, rather than wait for itself", async () => {
    const mixed = database.transaction(() => database.sql(readResource, ["urn:one"]));
    await expect(mixed).rejects.toThrow(/inside a transaction/);
  });

  it("refuses a second transaction, and Prisma outside of the one under way", async () => {
    await expect(database.transaction(() => database.transaction(async () => 1))).rejects.toThrow(
      /inside a transaction/,
    );
    await expect(database.transaction(() => database.orm.resource.count())).rejects.toThrow(
      /inside a transaction/,
    );
  });

  it("does not report success when a failed statement was swallowed", async () => {
    await addResource("urn:taken");
    const swallowing = database.transaction(async (orm) => {
      await orm.resource.create({ data: { ...resource("urn:first"), updatedAt: at } });
      await orm.resource
        .create({ data: { ...resource("urn:taken"), updatedAt: at } })
        .catch(() => {});
      return "done";
    });
    await expect(swallowing).rejects.toThrow();
    expect(await identifiers()).toEqual(["urn:taken"]);
  });

  it("lets fifty run at once, and statements beside them", async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 === 0
          ? database.transaction((orm) =>
              orm.resource.create({ data: { ...resource(`urn:${index}`), updatedAt: at } }),
            )
          : database.sql(insertResource, [`urn:${index}`, "One", "{}", false, at]),
      ),
    );
    expect(await identifiers()).toHaveLength(50);
  });

  it("carries a broken rule of the database to its caller, and the next use succeeds", async () => {
    await addResource("urn:twice");
    const again = [`urn:twice`, "One", "{}", true, at] as const;
    const refused = await database.sql(insertResource, again).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "23505" });
    expect(refused).not.toBeInstanceOf(DatabaseUnavailable);
    expect(await identifiers()).toEqual(["urn:twice"]);
  });
});

describe("a database that cannot be asked", () => {
  it("says so after it was closed", async () => {
    const closed = await openTestDatabase();
    await closed.close();
    await expect(closed.sql(readResource, ["urn:one"])).rejects.toThrow(DatabaseUnavailable);
    await expect(closed.time()).rejects.toThrow(DatabaseUnavailable);
  });

  it("K7: is one clear line at start when nothing listens", async () => {
    const url = "postgresql://signet:secret@127.0.0.1:1/signet";
    const refused = await openDatabase({ url }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DatabaseUnavailable);
    expect(String(refused)).toMatch(/^[^\n]*ECONNREFUSED[^\n]*$/);
    expect(String(refused)).not.toContain("secret");
  });

  it("K7: is one clear line at start when the address is none", async () => {
    await expect(openDatabase({ url: "mysql://signet:secret@host/db" })).rejects.toThrow(
      /^DATABASE_URL is not a postgresql:\/\/ address$/,
    );
  });

  if (databaseKind() === "postgresql") {
    it("says so through Prisma and statements when its connections are cut, then recovers", async () => {
      const url = await createDatabase();
      const cut = await openDatabase({ url, migrate: false });
      const name = new URL(url).pathname.slice(1);
      const killAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;

      await cut.orm.resource.count();
      const inTransaction = cut.transaction(async (orm) => {
        await orm.resource.count();
        await administer(killAll);
        await orm.resource.count();
      });
      await expect(inTransaction).rejects.toThrow(DatabaseUnavailable);
      expect(await cut.orm.resource.count()).toBe(0);

      await administer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
      await administer(killAll);
      await expect(cut.orm.resource.count()).rejects.toThrow(DatabaseUnavailable);
      await expect(cut.sql(readResource, ["urn:one"])).rejects.toThrow(DatabaseUnavailable);
      await expect(cut.transaction((orm) => orm.resource.count())).rejects.toThrow(
        DatabaseUnavailable,
      );
      await administer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
      expect(await cut.orm.resource.count()).toBe(0);
      await cut.close();
    });
  }
});
