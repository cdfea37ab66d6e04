// One long journey with everything that can happen in it: what the audit says of it (G2), and that
// nothing secret of it is left in a log line, a database row or an error page (G1, K9, R1).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import type { AuditKind } from "../../idp/records/audit/audit-event.ts";
import { defineStatement } from "../../prisma/database.ts";
import {
  API,
  aClient,
  aResource,
  CALLBACK,
  claimsOf,
  parametersFor,
  told,
  typed,
} from "../idp/endpoints/authorize/arranging.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import {
  ADMIN_TOKEN,
  anIdp,
  aPerson,
  REGISTRATION_TOKEN,
  type TestIdp,
} from "../support/an-idp.ts";
import { anOperator } from "../support/an-operator.ts";
import { localFetch } from "../support/local-fetch.ts";

let idp: TestIdp;
const log: string[] = [];
/** Everything that was secret on the wire, by what it was. */
const secrets = new Map<string, string>();
const pages: Answer[] = [];

const VERIFIER = `canary-verifier-${"v".repeat(40)}`;
const WRONG_PASSWORD = "canary wrong password 4711";
const NEW_PASSWORD = "canary new password 0815 words";
const TYPED_INTO_EMAIL = "canary password typed into the email field";

const secret = (what: string, value: unknown): string => {
  if (typeof value !== "string" || value === "") throw new Error(`no ${what}`);
  secrets.set(`${what} ${secrets.size}`, value);
  return value;
};

beforeAll(async () => {
  idp = await anIdp({ log: (line) => log.push(line) });
  await journey();
}, 120_000);
afterAll(() => idp.close());

/** A visitor whose cookies count as secrets and whose pages are looked into. */
function watched(): Visitor {
  const visitor = aVisitor();
  const kept = async (answer: Promise<Answer>) => {
    pages.push(await answer);
    for (const [name, value] of visitor.cookies) secret(`cookie ${name}`, value);
    return answer;
  };
  return {
    cookies: visitor.cookies,
    get: (...given) => kept(visitor.get(...given)),
    post: (...given) => kept(visitor.post(...given)),
    follow: (...given) => kept(visitor.follow(...given)),
    submit: (...given) => kept(visitor.submit(...given)),
  };
}

interface TestClient {
  readonly id: string;
  readonly secret: string;
}

const authorizeUrl = (client: TestClient, changed: Record<string, string> = {}) => {
  const challenge = { code_challenge: challengeOf(VERIFIER), nonce: "a-nonce" };
  return `${idp.issuer}/authorize?${parametersFor(client, { ...challenge, ...changed })}`;
};

async function ask(path: string, client: TestClient, fields: Record<string, string>) {
  const response = await localFetch(`${idp.issuer}${path}`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  const answer: Record<string, unknown> = text.startsWith("{") ? JSON.parse(text) : {};
  for (const what of ["access_token", "refresh_token", "id_token"]) {
    if (answer[what] !== undefined) secret(what, answer[what]);
  }
  return answer;
}

const redeem = (client: TestClient, code: string, verifier = VERIFIER) =>
  ask("/token", client, {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  });

const refresh = (client: TestClient, token: unknown) =>
  ask("/token", client, { grant_type: "refresh_token", refresh_token: String(token) });

async function journey(): Promise<void> {
  secret("verifier", VERIFIER);
  secret("wrong password", WRONG_PASSWORD);
  secret("new password", NEW_PASSWORD);
  secret("text in the wrong field", TYPED_INTO_EMAIL);
  secret("registration token", REGISTRATION_TOKEN);
  secret("operator token", ADMIN_TOKEN);

  const operator = anOperator(idp);
  const alice = await aPerson(idp, { isAdmin: true });
  secret("password", alice.password);
  await aResource(idp, API);
  const bank = await aClient(idp, "bank");
  const other = await aClient(idp, "other");
  const stranger = await aClient(idp, "stranger", { firstParty: false });
  for (const client of [bank, other, stranger]) secret("client secret", client.secret);

  await signsInWithTrouble(alice, bank);
  await getsTokens(alice, bank, other);
  await answersAStranger(alice, stranger);
  await operates(operator, bank);
  await changesThePassword(alice);
  await rotates(operator);
  await isTurnedAway(bank);
}

async function signIn(visitor: Visitor, page: Answer, fields: Record<string, string>) {
  const done = await visitor.submit(page, fields);
  return done.location === undefined ? done : visitor.get(done.location);
}

type Credentials = { email: string; password: string };

async function signsInWithTrouble(alice: Credentials, bank: TestClient): Promise<void> {
  const visitor = watched();
  const page = await visitor.follow(authorizeUrl(bank));
  await visitor.submit(page, { email: alice.email, password: WRONG_PASSWORD });
  await visitor.submit(page, { email: TYPED_INTO_EMAIL, password: "x" });
  await visitor.submit(page, { email: 'a@b.test\r\n{"forged":true}', password: "x" });
  for (let attempt = 0; attempt < 12; attempt += 1) {
    await visitor.submit(page, { email: "nobody@example.test", password: WRONG_PASSWORD });
  }
  const code = secret("code", told(await signIn(visitor, page, typed(alice))).code);
  await redeem(bank, code);
  // Another person in the same browser, then out by the form.
  const leave = await visitor.get(`${idp.issuer}/logout`);
  await visitor.submit(await visitor.get(leave.location ?? ""));
}

async function getsTokens(alice: Credentials, bank: TestClient, other: TestClient): Promise<void> {
  const visitor = watched();
  const page = await visitor.follow(authorizeUrl(bank));
  const first = secret("code", told(await signIn(visitor, page, typed(alice))).code);
  await redeem(other, first);
  await redeem(bank, first, `another-${VERIFIER}`);
  const tokens = await redeem(bank, first);
  const userinfo = { headers: { Authorization: `Bearer ${tokens.access_token}` } };
  expect((await localFetch(`${idp.issuer}/userinfo`, userinfo)).status).toBe(200);
  await refresh(other, tokens.refresh_token);
  const second = await refresh(bank, tokens.refresh_token);
  await refresh(bank, second.refresh_token);
  // Stolen: its successor has been used.
  await refresh(bank, tokens.refresh_token);

  const replayed = secret("code", told(await visitor.get(authorizeUrl(bank))).code);
  await redeem(bank, replayed);
  await redeem(bank, replayed);

  const third = await redeem(
    bank,
    secret("code", told(await visitor.get(authorizeUrl(bank))).code),
  );
  await ask("/revocation", bank, { token: String(third.refresh_token) });
  await ask("/token", { id: bank.id, secret: "canary-wrong-client-secret" }, { grant_type: "x" });
  secret("wrong client secret", "canary-wrong-client-secret");
  const hinted = new URLSearchParams({ id_token_hint: String(third.id_token) });
  await visitor.get(`${idp.issuer}/logout?${hinted}`);
}

async function answersAStranger(alice: Credentials, stranger: TestClient): Promise<void> {
  const visitor = watched();
  const asked = { scope: "openid accounts:read", resource: API.identifier };
  const signInPage = await visitor.follow(authorizeUrl(stranger, asked));
  const toConsent = await signIn(visitor, signInPage, typed(alice));
  const denied = await visitor.submit(await visitor.get(toConsent.location ?? ""), {
    decision: "deny",
  });
  await visitor.get(denied.location ?? "");
  const again = await visitor.follow(authorizeUrl(stranger, asked));
  const allowed = await visitor.submit(again, { decision: "allow" });
  const code = secret("code", told(await visitor.get(allowed.location ?? "")).code);
  const { access_token: token } = await redeem(stranger, code);
  const accountId = String(claimsOf(token).sub);
  const scope = { kind: "consent", accountId, clientId: stranger.id } as const;
  const cause = { actor: `account:${accountId}` };
  await idp.known.endAccess(scope, "consent-withdrawn", idp.clock.now(), cause);
}

async function operates(operator: ReturnType<typeof anOperator>, bank: TestClient): Promise<void> {
  const reason = { reason: "an exercise" };
  await anOperator(idp, secret("wrong operator token", "canary-wrong-operator-token"))(
    "GET",
    "/keys",
  );
  const registered = await localFetch(`${idp.issuer}/registration`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${REGISTRATION_TOKEN}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ redirect_uris: ["https://site.example/cb"] }),
  });
  secret("registered secret", JSON.parse(await registered.text()).client_secret);
  await localFetch(`${idp.issuer}/registration`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${secret("wrong registration token", "canary-wrong-registration")}`,
      "Content-Type": "application/json",
    },
    body: "{}",
  });

  const account = { email: "bruno@example.test", name: "Bruno Keller" };
  const added = await operator("POST", "/accounts", account);
  secret("password link", new URL(added.body.password_link.url).pathname.split("/").at(-1));
  const { id } = added.body;
  await operator("POST", `/accounts/${id}/disable`, reason);
  await operator("POST", `/accounts/${id}/enable`, reason);
  const client = {
    client_id: "added",
    client_name: "Added",
    redirect_uris: ["https://a.example/"],
  };
  secret("client secret", (await operator("POST", "/clients", client)).body.client_secret);
  await operator("PATCH", "/clients/added", { client_name: "Renamed", ...reason });
  const second = await operator("POST", "/clients/added/secret", reason);
  secret("client secret", second.body.client_secret);
  const { id: secretId } = second.body.secrets[1];
  await operator("POST", `/clients/added/secrets/${secretId}/delete`, reason);
  await operator("POST", "/clients/added/disable", reason);
  await operator("POST", "/clients/added/enable", reason);
  await operator("POST", "/clients/added/delete", reason);
  await operator("PUT", "/resources", {
    identifier: "https://api.example",
    name: "An API",
    scopes: {},
  });
  expect((await operator("GET", `/clients/${bank.id}`)).status).toBe(200);
}

async function changesThePassword(alice: Credentials): Promise<void> {
  const account = await idp.known.accounts.findByEmail(alice.email);
  const operator = anOperator(idp);
  const made = await operator("POST", `/accounts/${account?.id}/password-link`, {});
  const link = new URL(String(made.body.url));
  secret("password link", link.pathname.split("/").at(-1));
  const visitor = watched();
  await visitor.submit(await visitor.get(link.href), { password: "short", repeat: "short" });
  await visitor.submit(await visitor.get(link.href), {
    password: NEW_PASSWORD,
    repeat: NEW_PASSWORD,
  });
  await operator("POST", "/sessions/end", { account: alice.email, reason: "an exercise" });
}

async function rotates(operator: ReturnType<typeof anOperator>): Promise<void> {
  await operator("POST", "/keys/rotate", { reason: "too early" });
  idp.clock.advance(2 * 86_400);
  await operator("POST", "/keys/rotate", { reason: "an exercise" });
  idp.clock.advance(3_600);
  await idp.known.keys.poll();
}

/** Failures that answer with a page or an error. */
async function isTurnedAway(bank: TestClient): Promise<void> {
  const visitor = watched();
  const code = secret("made-up code", `sgc_${"canary".repeat(7)}x`);
  await visitor.get(
    `${idp.issuer}/authorize?client_id=${secret("canary id", "canary-in-a-query")}`,
  );
  await visitor.get(
    `${idp.issuer}/nowhere/${secret("canary path", "canary-in-a-path")}?code=${code}`,
  );
  await visitor.get(
    `${idp.issuer}/set-password/${secret("canary link", `sgl_${"canaryx".repeat(6)}y`)}`,
  );
  await redeem(bank, code);
}

/** Who did it, and how it went, for every kind of event that this journey can bring about. */
const OPERATOR = /^operator-token$/;
const CLIENT = /^client:(bank|other|stranger)$/;
const PERSON = /^account:[\w-]{22}$/;
const NOBODY = /^anonymous$/;
const SYSTEM = /^system$/;

type Happened = readonly [outcome: "success" | "refused", by: RegExp];
/** Replacing a key that leaked, and rewrapping, are acts of their own, with tests of their own. */
type NotHere = "keys.revoked" | "keys.rewrapped";

const EVENTS: Record<Exclude<AuditKind, NotHere>, Happened> = {
  "sign-in": ["success", PERSON],
  "sign-in.refused": ["refused", NOBODY],
  "sign-in.throttled": ["refused", NOBODY],
  "session.ended": ["success", PERSON],
  "consent.given": ["success", PERSON],
  "consent.denied": ["refused", PERSON],
  "consent.withdrawn": ["success", PERSON],
  "grant.issued": ["success", PERSON],
  "grant.revoked": ["success", CLIENT],
  "code.replayed": ["refused", CLIENT],
  "code.refused": ["refused", CLIENT],
  "refresh.reused": ["refused", CLIENT],
  "refresh.refused": ["refused", CLIENT],
  "client.authentication-failed": ["refused", NOBODY],
  "client.registration-refused": ["refused", NOBODY],
  "client.added": ["success", OPERATOR],
  "client.changed": ["success", OPERATOR],
  "client.enabled": ["success", OPERATOR],
  "client.disabled": ["success", OPERATOR],
  "client.removed": ["success", OPERATOR],
  "client.secret-added": ["success", OPERATOR],
  "client.secret-removed": ["success", OPERATOR],
  "resource.changed": ["success", OPERATOR],
  "account.added": ["success", OPERATOR],
  "account.enabled": ["success", OPERATOR],
  "account.disabled": ["success", OPERATOR],
  "account.password-set": ["success", PERSON],
  "account.password-link-made": ["success", OPERATOR],
  "keys.created": ["success", SYSTEM],
  "keys.rotated": ["success", OPERATOR],
  "keys.retired": ["success", SYSTEM],
  "operator.refused": ["refused", NOBODY],
};

describe("the audit of the journey (G2)", () => {
  const events = () => idp.known.audit.list({ limit: 500 });

  it.each(Object.entries(EVENTS))("G2: has %s, and says %j", async (kind, [outcome, by]) => {
    const found = (await events()).filter((event) => event.kind === kind);
    expect(found.some((event) => event.outcome === outcome && by.test(event.actor))).toBe(true);
    for (const event of found) {
      expect(event.at).toBeInstanceOf(Date);
      const isOurs = ["test", "system"].includes(event.actor);
      // What the test arranged by itself came in no request.
      const isArranged = kind === "consent.withdrawn";
      if (!isOurs && !isArranged) expect(event.requestId).toMatch(/^[\w-]{16}$/);
    }
  });

  it("G2: says whose, and why, where that is known", async () => {
    const all = await events();
    const of = (kind: AuditKind) => all.filter((event) => event.kind === kind);
    expect(of("sign-in.refused").map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["wrong password", "unknown account"]),
    );
    expect(of("code.refused").map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["wrong-client", "wrong-verifier"]),
    );
    expect(of("keys.rotated")).toMatchObject([{ reason: "an exercise" }]);
    for (const kind of ["code.replayed", "refresh.reused"] as const) {
      expect(of(kind)).toMatchObject([{ grantId: expect.any(String), clientId: "bank" }]);
    }
    for (const event of of("session.ended")) expect(event.sessionId).toBeDefined();
  });

  it("G2: the request id of an event finds its line in the log", async () => {
    const refused = (await events()).find(({ kind }) => kind === "operator.refused");
    const lines = log.map((line) => JSON.parse(line));
    expect(
      lines.find(({ requestId, msg }) => msg === "request" && requestId === refused?.requestId),
    ).toMatchObject({ route: "/admin/api/keys", status: 401, time: expect.stringMatching(/Z$/) });
  });

  it("G2: one line of JSON each, whatever was typed", () => {
    for (const line of log) {
      expect(line.endsWith("\n") && line.indexOf("\n") === line.length - 1).toBe(true);
      expect(JSON.parse(line)).not.toHaveProperty("forged");
    }
  });
});

describe("nothing secret is left of it (G1, K9, R1)", () => {
  /** A secret in the spellings in which it might have been kept. */
  function spellings(value: string): string[] {
    const [, payload, signature] = /^eyJ[\w-]+\.([\w-]+)\.([\w-]+)$/.exec(value) ?? [];
    const parts = payload && signature ? [payload, signature] : [];
    const encoded = [encodeURIComponent(value), Buffer.from(value).toString("base64url")];
    return [value, ...encoded, ...parts];
  }

  const found = (text: string, exempt: (what: string, value: string) => boolean = () => false) =>
    [...secrets]
      .filter(([what, value]) => !exempt(what, value))
      .filter(([, value]) => spellings(value).some((spelling) => text.includes(spelling)))
      .map(([what]) => what);

  it("there was plenty of it", () => {
    const kinds = new Set([...secrets.keys()].map((what) => what.replace(/ \d+$/, "")));
    for (const kind of ["access_token", "refresh_token", "id_token", "code", "client secret"]) {
      expect(kinds).toContain(kind);
    }
    expect(found([...secrets.values()].join(" "))).toHaveLength(secrets.size);
    expect(log.length).toBeGreaterThan(80);
    expect(pages.filter(({ status }) => status >= 400).length).toBeGreaterThan(10);
  });

  it("G1: not in any line of the log", () => {
    expect(log.filter((line) => found(line).length > 0)).toEqual([]);
    expect(log.join("")).not.toMatch(/PRIVATE KEY|"d":"|\?client_id=|code_challenge=/);
  });

  it("R1, K9: not in any row of any table", async () => {
    const dump = await everyRow();
    expect(dump.length).toBeGreaterThan(50);
    // The verifier is checked against its challenge, which is the only thing kept of it.
    for (const [table, text] of dump) expect([table, found(text)]).toEqual([table, []]);
    const all = dump.map(([, text]) => text).join("");
    expect(all).not.toMatch(/PRIVATE KEY|\\?"d\\?":/);
    expect(all).toContain(challengeOf(VERIFIER));
  });

  it("G1, H7: not on any page, but where the person typed it or holds it in the address", () => {
    for (const { url, text, status } of pages) {
      const isShown = (what: string, value: string) =>
        what.startsWith("text in the wrong field") || url.includes(value);
      expect([url, status, found(text, isShown)]).toEqual([url, status, []]);
      expect(text).not.toMatch(/ at \S+\.ts|node_modules/);
    }
    const errors = pages.filter(({ status }) => status >= 400);
    for (const { text } of errors)
      expect(found(text, (what) => !what.startsWith("canary"))).toEqual([]);
  });

  async function everyRow(): Promise<[table: string, row: string][]> {
    const tables = await idp.database.sql<{ name: string }>(
      defineStatement(
        "test.tables",
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
      ),
      [],
    );
    const rows: [string, string][] = [];
    for (const { name } of tables) {
      const text = `SELECT to_jsonb(t)::text AS row FROM "${name}" t`;
      const found = await idp.database.sql<{ row: string }>(
        defineStatement(`test.dump.${name}`, text),
        [],
      );
      for (const { row } of found) rows.push([name, row]);
    }
    return rows;
  }
});
