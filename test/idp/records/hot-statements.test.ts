// What every token passes through: each table is asked by a key of one row, both when it is empty, as it was when
// a connection that lives long first planned the statement, and when it holds many.
import { beforeAll, describe, expect, it } from "vitest";
import { type Database, defineStatement } from "../../../prisma/database.ts";
import { openTestDatabase } from "../../support/databases.ts";
import { addClient, at, redeemCode, refresh, signIn, storesOver } from "./a-world.ts";

const HOT = [
  "authorization.read",
  "authorization.issue",
  "code.redeem",
  "refresh_token.rotate",
  "grant.find_person",
  "grant.is_live",
];

/** The one row of this says when all grants ended at once. */
const OF_ONE_ROW = new Set(["GrantCutOff"]);

const sent = new Map<string, string>();
let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
  // The statements as they are sent: the whole way of a token, with each text written down.
  const stores = storesOver({
    ...database,
    sql(statement, values) {
      sent.set(statement.name, statement.text);
      return database.sql(statement, values);
    },
  });
  const client = await addClient(stores);
  const signedIn = await signIn(stores);
  const asked = { sessionSecret: signedIn.secret, clientId: client.id };
  expect(await stores.authorizations.read(asked, at(1))).toHaveProperty("session");
  const { grant, refreshToken } = await redeemCode(stores, signedIn, client, at(2));
  const presented = { token: refreshToken, clientId: client.id };
  expect((await refresh(stores, presented, at(3))).how).toBe("rotated");
  expect(await stores.grants.isLive(grant.id, at(4))).toBe(true);
  expect(await stores.grants.findPerson(grant.id, at(4))).toBeDefined();
});

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** What stores cannot do: statements of one connection's own. */
interface Raw {
  $queryRawUnsafe<T>(text: string): Promise<T>;
  $executeRawUnsafe(text: string): Promise<unknown>;
}

/** How its tables are read, as PostgreSQL plans it once for all values. */
async function readsOf(name: string): Promise<string[]> {
  const text = sent.get(name) ?? "";
  const parameters = Math.max(
    ...[...text.matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits)),
  );
  const nothings = Array(parameters).fill("NULL").join(", ");
  const [row] = await database.transaction(async (orm) => {
    const raw = orm as unknown as Raw;
    await raw.$executeRawUnsafe("SET LOCAL plan_cache_mode = force_generic_plan");
    await raw.$executeRawUnsafe(`PREPARE hot AS ${text}`);
    const explain = `EXPLAIN (FORMAT JSON) EXECUTE hot(${nothings})`;
    const rows = await raw.$queryRawUnsafe<[{ "QUERY PLAN": [{ Plan: Plan }] }]>(explain);
    await raw.$executeRawUnsafe("DEALLOCATE hot");
    return rows;
  });
  return nodesOf(row["QUERY PLAN"][0].Plan)
    .filter((node) => node["Node Type"] !== "ModifyTable" && node["Relation Name"] !== undefined)
    .filter((node) => !OF_ONE_ROW.has(node["Relation Name"] ?? ""))
    .map((node) => `${node["Relation Name"]} by ${howOf(node)}`);
}

const howOf = (node: Plan): string =>
  node["Index Cond"] === undefined ? node["Node Type"] : String(node["Index Name"]);

/** Each of these keys is unique. */
const BY_A_KEY = /^(\w+) by \1_(pkey|secretHash_key)$/;

describe.each(HOT)("%s", (name) => {
  it("reads every table by a key, with tables nobody has looked at", async () => {
    const reads = await readsOf(name);
    expect(reads.length).toBeGreaterThan(0);
    for (const read of reads) expect(read).toMatch(BY_A_KEY);
  });
});

describe("with thousands of rows in each", () => {
  beforeAll(async () => {
    const rows = "generate_series(1, 4000) AS n";
    const when = "timestamptz '2026-01-15 09:00:00Z'";
    const later = `${when} + interval '1 day'`;
    const fillings = [
      `INSERT INTO "Account" ("id", "email", "emailKey", "name", "createdAt", "updatedAt")
       SELECT 'a' || n, n || '@x.test', n || '@x.test', 'N', ${when}, ${when} FROM ${rows}`,
      `INSERT INTO "Client" ("id", "name", "tokenEndpointAuthMethod", "redirectUris",
         "postLogoutRedirectUris", "grantTypes", "scopes", "resources", "origin", "createdAt", "updatedAt")
       SELECT 'c' || n, 'C', 'none', '{}', '{}', '{}', '{}', '{}', 'test', ${when}, ${when} FROM ${rows}`,
      `INSERT INTO "Session" ("id", "secretHash", "accountId", "authenticatedAt", "acr", "amr",
         "createdAt", "lastUsedAt", "expiresAt")
       SELECT 's' || n, 'h' || n, 'a' || n, ${when}, 'pwd', '{pwd}', ${when}, ${when}, ${later} FROM ${rows}`,
      `INSERT INTO "SessionClient" ("sessionId", "clientId", "sid", "createdAt", "lastUsedAt")
       SELECT 's' || n, 'c' || n % 7 + 1, 'i' || n, ${when}, ${when} FROM ${rows}`,
      `INSERT INTO "Consent" ("accountId", "clientId", "scopes", "resources", "grantedAt", "updatedAt")
       SELECT 'a' || n, 'c' || n % 7 + 1, '{}', '{}', ${when}, ${when} FROM ${rows}`,
      `INSERT INTO "Grant" ("id", "clientId", "accountId", "sessionId", "kind", "scopes", "resources",
         "amr", "createdAt", "lastUsedAt", "expiresAt")
       SELECT 'g' || n, 'c' || n % 7 + 1, 'a' || n, 's' || n, 'session', '{}', '{}', '{}', ${when}, ${when},
         ${later} FROM ${rows}`,
      `INSERT INTO "AuthorizationCode" ("codeHash", "grantId", "redirectUri", "createdAt", "expiresAt")
       SELECT 'k' || n, 'g' || n, 'https://x.test', ${when}, ${later} FROM ${rows}`,
      `INSERT INTO "RefreshToken" ("tokenHash", "grantId", "generation", "createdAt", "expiresAt")
       SELECT 't' || n, 'g' || n, 0, ${when}, ${later} FROM ${rows}`,
      "ANALYZE",
    ];
    for (const [at, text] of fillings.entries())
      await database.sql(defineStatement(`filling_${at}`, text), []);
  });

  it.each(HOT)("%s still reads every table by a key", async (name) => {
    const reads = await readsOf(name);
    expect(reads.length).toBeGreaterThan(0);
    for (const read of reads) expect(read).toMatch(BY_A_KEY);
  });
});
