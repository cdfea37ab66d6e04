// What the process writes while people sign in, programs redeem and operators act (security G1, G2).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../support/a-visitor.ts";
import { ADMIN_TOKEN, anIdp, aPerson, type TestIdp } from "../support/an-idp.ts";
import { anOperator } from "../support/an-operator.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  redeem,
  signIn,
  told,
  VERIFIER,
} from "./endpoints/authorize/arranging.ts";

let idp: TestIdp;
const lines: string[] = [];
/** Everything that must never be written, by what it is. */
const canaries = new Map<string, string>();
const keep = (what: string, secret: unknown): string => {
  canaries.set(what, String(secret));
  return String(secret);
};

beforeAll(async () => {
  idp = await anIdp({ log: (line) => lines.push(line) });
  await aScriptedDay();
});
afterAll(() => idp.close());

async function aScriptedDay(): Promise<void> {
  const person = await aPerson(idp, { email: "canary@example.test", name: "Canary" });
  keep("password", person.password);
  keep("operator's token", ADMIN_TOKEN);
  const bank = await aClient(idp, "bank");
  keep("client secret", bank.secret);
  keep("verifier", VERIFIER);

  const visitor = aVisitor();
  const state = keep("state", "canary-state-3f81");
  const nonce = keep("nonce", "canary-nonce-92c4");
  const loginHint = keep("login hint", "canary-hint@example.test");
  const request = { state, nonce, login_hint: loginHint };
  const login = await visitor.follow(authorizeUrl(idp, bank, request));
  keep("csrf token", login.forms[0]?.fields.csrf);
  await visitor.submit(login, { email: person.email, password: keep("wrong one", "canary-wr0ng") });
  const { code } = told(await signIn(visitor, login, person));
  keep("code", code);
  for (const [name, value] of visitor.cookies) keep(`cookie ${name}`, value);

  const tokens = await redeem(visitor, idp, bank, code);
  for (const kind of ["access_token", "refresh_token", "id_token"]) {
    expect(tokens[kind], kind).toBeTypeOf("string");
    keep(kind, tokens[kind]);
  }
  const basic = keep("Basic credentials", btoa(`bank:${bank.secret}`));
  const authorization = { Authorization: `Basic ${basic}` };
  const bearer = { Authorization: `Bearer ${tokens.access_token}` };
  await visitor.get(`${idp.issuer}/userinfo`, bearer);
  await visitor.get(`${idp.issuer}/userinfo`, { Authorization: "Bearer canary.bearer.t0ken" });
  keep("made-up bearer token", "canary.bearer.t0ken");
  const refreshed = await visitor.post(
    `${idp.issuer}/token`,
    { grant_type: "refresh_token", refresh_token: String(tokens.refresh_token) },
    authorization,
  );
  keep("second refresh token", JSON.parse(refreshed.text).refresh_token);

  // Refusals of every kind: what is wrong is what somebody might log.
  const guess = keep("guessed secret", "canary-guess-77");
  await redeem(visitor, idp, bank, code);
  await redeem(visitor, idp, { id: "bank", secret: guess }, "canary-c0de");
  keep("made-up code", "canary-c0de");
  await visitor.get(`${idp.issuer}/authorize?client_id=x&redirect_uri=${CALLBACK}&state=${state}`);
  await visitor.post(
    `${idp.issuer}/revocation`,
    { token: String(tokens.refresh_token) },
    authorization,
  );
  const hint = { id_token_hint: String(tokens.id_token), state };
  await visitor.get(`${idp.issuer}/logout?${new URLSearchParams(hint)}`);

  const operator = anOperator(idp);
  const typed = keep("password of a new account", "canary words for a new one");
  await operator("POST", "/accounts", { email: "n@example.test", name: "New", password: typed });
  const linked = await operator("POST", "/accounts", { email: "l@example.test", name: "Linked" });
  const { url } = linked.body.password_link;
  keep("password link", url.split("/").at(-1));
  await visitor.get(url);
  const added = await operator("POST", "/clients", {
    client_name: 'Canary\r\n{"level":"forged"}'.replaceAll(/[\r\n]/g, " "),
    redirect_uris: [CALLBACK],
  });
  keep("new client's secret", added.body.client_secret);
  await anOperator(idp, keep("wrong operator's token", "canary-operator-token-0123456789abcd"))(
    "GET",
    "/keys",
  );
}

describe("G1: what is never written", () => {
  it("has something to look through", () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(canaries.size).toBeGreaterThan(20);
  });

  it("holds none of the day's secrets", () => {
    const everything = lines.join("");
    const found = [...canaries].filter(([, secret]) => everything.includes(secret));
    expect(found.map(([what]) => what)).toEqual([]);
  });

  it("holds no query string and no interaction's address", () => {
    for (const line of lines) {
      expect(line).not.toContain("client_id=");
      expect(line).not.toMatch(/\/(sign-in|authorize|set-password)\/[\w-]{20}/);
    }
  });
});

describe("G2: what is written", () => {
  it("is one JSON object a line, in UTC, requests with their id", () => {
    for (const line of lines) {
      const entry = JSON.parse(line);
      expect(line.endsWith("}\n")).toBe(true);
      expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      if (entry.msg === "request") expect(entry.requestId).toMatch(/^[\w-]{16}$/);
    }
  });

  it("tells apart what was asked by route, status and duration", () => {
    const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    expect(requests.map(({ route }) => route)).toEqual(
      expect.arrayContaining(["/token", "/userinfo", "/sign-in/:interaction"]),
    );
    for (const { status, milliseconds } of requests) {
      expect(status).toBeGreaterThanOrEqual(200);
      expect(milliseconds).toBeGreaterThanOrEqual(0);
    }
  });

  it("keeps a newline in somebody's input within its entry", async () => {
    const before = lines.length;
    await aVisitor().post(`${idp.issuer}/token`, {
      grant_type: 'x\r\n{"level":"info","msg":"forged"}',
    });
    for (const line of lines.slice(before)) expect(JSON.parse(line).msg).not.toBe("forged");
  });

  it("records each of these in the audit as well, with who and how it ended", async () => {
    const events = await idp.known.audit.list({ limit: 100 });
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of [
      "sign-in",
      "sign-in.refused",
      "grant.issued",
      "code.replayed",
      "client.authentication-failed",
      "operator.refused",
      "account.added",
      "account.password-link-made",
      "client.added",
      "keys.created",
    ])
      expect([...kinds], kind).toContain(kind);
    const everything = JSON.stringify(events);
    const found = [...canaries].filter(([, secret]) => everything.includes(secret));
    expect(found.map(([what]) => what)).toEqual([]);
  });
});
