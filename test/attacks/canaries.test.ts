// Nothing secret of a long journey is left in a log line, a database row, a page, an answer to an
// operator or a message to a site (G1, K9, R1).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import { defineStatement } from "../../prisma/database.ts";
import { aJourney, type Journey } from "./journey/a-journey.ts";
import { VERIFIER } from "./journey/people.ts";
import { spellingsOfBytes } from "./journey/private-keys.ts";

let journey: Journey;
beforeAll(async () => {
  journey = await aJourney();
}, 180_000);
afterAll(() => journey.idp.close());

const isKey = (what: string) => /^(private key|key-encryption key)/.test(what);

/** A secret in the spellings in which it might have been kept. */
function spellings(what: string, value: string): string[] {
  if (isKey(what)) return [value, ...spellingsOfBytes(Buffer.from(value, "base64url"))];
  const [, payload, signature] = /^eyJ[\w-]+\.([\w-]+)\.([\w-]+)$/.exec(value) ?? [];
  const parts = payload && signature ? [payload, signature] : [];
  const encoded = [encodeURIComponent(value), Buffer.from(value).toString("base64url")];
  return [value, ...encoded, ...parts];
}

type Exempt = (what: string, value: string) => boolean;

const found = (text: string, exempt: Exempt = () => false) =>
  [...journey.secrets]
    .filter(([what, value]) => !exempt(what, value))
    .filter(([what, value]) => spellings(what, value).some((one) => text.includes(one)))
    .map(([what]) => what);

describe("nothing secret is left of the journey", () => {
  it("there was plenty of it", () => {
    const { secrets, log, pages, answers, heard } = journey;
    const kinds = new Set([...secrets.keys()].map((what) => what.replace(/ \d+$/, "")));
    for (const kind of [
      ...["access_token", "refresh_token", "id_token", "code", "client secret", "event token"],
      "key-encryption key",
    ])
      expect(kinds).toContain(kind);
    const numbers = [...kinds].filter((what) => what.startsWith("private key"));
    // The first two, the next two, the one after the theft, and those of another algorithm.
    expect(numbers.filter((what) => what.endsWith(" d")).length).toBeGreaterThanOrEqual(5);
    expect(found([...secrets.values()].join(" "))).toHaveLength(secrets.size);
    expect(log.length).toBeGreaterThan(80);
    expect(answers.length).toBeGreaterThan(20);
    expect(pages.filter(({ status }) => status >= 400).length).toBeGreaterThan(10);
    expect(heard.map(({ header }) => header.typ)).toEqual(
      expect.arrayContaining(["key-probe+jwt", "key-notice+jwt"]),
    );
  });

  it.each([0, 1, 2])(
    "K9: a private key would be found in a PEM too, wherever in it (%i)",
    (offset) => {
      const [what, value] = [...journey.secrets].find(([name]) => isKey(name)) ?? ["", ""];
      const number = Buffer.from(value, "base64url");
      const larger = Buffer.concat([Buffer.alloc(6 + offset, 1), number, Buffer.alloc(4, 2)]);
      expect(found(larger.toString("base64"))).toContain(what);
      expect(found(larger.toString("hex"))).toContain(what);
    },
  );

  it("G1: not in any line of the log", () => {
    const { log } = journey;
    expect(log.filter((line) => found(line).length > 0)).toEqual([]);
    expect(log.join("")).not.toMatch(/PRIVATE KEY|"d":"|\?client_id=|code_challenge=/);
  });

  it("R1, K9: not in any row of any table, the outbox included", async () => {
    const dump = await everyRow();
    expect(dump.length).toBeGreaterThan(50);
    expect(dump.map(([table]) => table)).toContain("Delivery");
    // The verifier is checked against its challenge, which is the only thing kept of it.
    for (const [table, text] of dump) expect([table, found(text)]).toEqual([table, []]);
    const all = dump.map(([, text]) => text).join("");
    expect(all).not.toMatch(/PRIVATE KEY|\\?"d\\?":/);
    expect(all).toContain(challengeOf(VERIFIER));
  });

  it("G1, H7: not on any page, but where the person typed it or holds it in the address", () => {
    const { pages } = journey;
    for (const { url, text, status } of pages) {
      const isShown: Exempt = (what, value) =>
        what.startsWith("text in the wrong field") || url.includes(value);
      expect([url, status, found(text, isShown)]).toEqual([url, status, []]);
      expect(text).not.toMatch(/ at \S+\.ts|node_modules/);
    }
    const errors = pages.filter(({ status }) => status >= 400);
    for (const { text } of errors)
      expect(found(text, (what) => !what.startsWith("canary"))).toEqual([]);
  });

  it("K9: no half of a key that is private in any answer to an operator", () => {
    for (const { path, text } of journey.answers)
      expect([path, found(text, (what) => !isKey(what))]).toEqual([path, []]);
  });

  it("K9: nor in what the sites are sent, which names nobody and holds nothing of ours but itself", () => {
    for (const { token, claims } of journey.heard) {
      const said = [token, JSON.stringify(claims)].join(" ");
      expect(found(said, (what) => what.startsWith("event token"))).toEqual([]);
      const more = "revoked" in claims ? ["revoked"] : [];
      expect(Object.keys(claims).sort()).toEqual(
        ["aud", "exp", "iat", "iss", "jti", ...more].sort(),
      );
    }
  });
});

async function everyRow(): Promise<[table: string, row: string][]> {
  const { database } = journey.idp;
  const tables = await database.sql<{ name: string }>(
    defineStatement(
      "test.tables",
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    ),
    [],
  );
  const rows: [string, string][] = [];
  for (const { name } of tables) {
    const text = `SELECT to_jsonb(t)::text AS row FROM "${name}" t`;
    const statement = defineStatement<{ row: string }>(`test.dump.${name}`, text);
    for (const { row } of await database.sql(statement, [])) rows.push([name, row]);
  }
  return rows;
}
