// Pairwise subjects (OpenID Connect Core §8.1): what a client calls a person is its sector's own name for
// them, wherever a subject is said, and of no use to anybody else.
import { createServer } from "node:http";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../../idp/records/clients/client.ts";
import { aVisitor } from "../../support/a-visitor.ts";
import {
  anIdp,
  aPerson,
  type Person,
  REGISTRATION_TOKEN,
  type TestIdp,
} from "../../support/an-idp.ts";
import { freePort } from "../../support/free-port.ts";
import { localFetch } from "../../support/local-fetch.ts";
import { eventually } from "../sending/a-kit.ts";
import { aServer, bodyOf } from "../sending/a-server.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  claimsOf,
  redeem,
  signedIn,
  told,
  typed,
} from "./authorize/arranging.ts";

let idp: TestIdp;
let alice: Person;
let bruno: Person;
type Site = Client & { secret: string };
const site = {} as Record<"plain" | "one" | "twin" | "two", Site>;

beforeAll(async () => {
  idp = await anIdp({ environment: { OUTBOUND_ALLOW: "127.0.0.0/8" } });
  await aResource(idp, API);
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  site.plain = await aClient(idp, "plain");
  site.one = await aClient(idp, "one", { pairwiseSector: "one.example" });
  site.twin = await aClient(idp, "twin", { pairwiseSector: "one.example" });
  site.two = await aClient(idp, "two", { pairwiseSector: "two.example" });
});
afterAll(() => idp.close());

async function tokensOf(client: Site, person = alice, parameters = {}) {
  const visitor = aVisitor();
  await signedIn(visitor, idp, site.plain, person);
  const { code } = told(await visitor.get(authorizeUrl(idp, client, parameters)));
  return { visitor, tokens: await redeem(visitor, idp, client, code) };
}

const subOf = async (client: Site, person = alice) =>
  String(claimsOf((await tokensOf(client, person)).tokens.id_token).sub);

const basic = ({ id, secret }: Site) => ({ Authorization: `Basic ${btoa(`${id}:${secret}`)}` });

describe("pairwise subjects (OpenID Connect Core §8.1)", () => {
  it("are the same within a sector, and differ between sectors and people", async () => {
    const [one, twin, two, plain] = [
      await subOf(site.one),
      await subOf(site.twin),
      await subOf(site.two),
      await subOf(site.plain),
    ];
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(twin).toBe(one);
    expect(await subOf(site.one)).toBe(one);
    expect(plain).toBe(alice.account.id);
    expect(new Set([one, two, plain, await subOf(site.one, bruno)]).size).toBe(4);
  });

  it("are the same on every replica and after a restart", async () => {
    const other = await anIdp({ database: idp.database, clock: idp.clock });
    const { subjects } = other.known;
    expect(subjects.of(site.one, alice.account.id)).toBe(await subOf(site.one));
    await other.close();
  });

  it("stand wherever the client sees one: ID token, access token, UserInfo, introspection, and nowhere the account's id", async () => {
    const { visitor, tokens } = await tokensOf(site.one, alice, {
      resource: API.identifier,
      scope: "openid accounts:read",
    });
    const sub = await subOf(site.one);
    expect(claimsOf(tokens.access_token).sub).toBe(sub);
    const plainAudience = (await tokensOf(site.one)).tokens;
    const userinfo = await visitor.get(`${idp.issuer}/userinfo`, {
      Authorization: `Bearer ${plainAudience.access_token}`,
    });
    expect(JSON.parse(userinfo.text).sub).toBe(sub);
    const introspected = [];
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const answer = await visitor.post(
        `${idp.issuer}/introspection`,
        { token: String(token) },
        basic(site.one),
      );
      introspected.push(answer.text);
      expect(JSON.parse(answer.text)).toMatchObject({ active: true, sub });
    }
    const everything = [tokens.id_token, tokens.access_token].map((one) =>
      JSON.stringify(claimsOf(one)),
    );
    expect([...everything, userinfo.text, ...introspected].join()).not.toContain(alice.account.id);
  });

  it("come with the logout token too", async () => {
    const heard: string[] = [];
    const server = await aServer(async (request, response) => {
      heard.push(new URLSearchParams(await bodyOf(request)).get("logout_token") ?? "");
      response.end();
    });
    const client = await aClient(idp, "hears", {
      pairwiseSector: "hears.example",
      backchannelLogoutUri: `http://127.0.0.1:${server.port}/bye`,
    });
    const { visitor, tokens } = await tokensOf(client);
    await visitor.follow(`${idp.issuer}/logout?id_token_hint=${tokens.id_token}`);
    const { database, clock } = idp;
    const environment = { OUTBOUND_ALLOW: "127.0.0.0/8" };
    const sending = await anIdp({ database, clock, environment, followsOthers: true });
    await eventually(() => heard.length > 0);
    await sending.close();
    expect(decodeJwt(String(heard[0])).sub).toBe(claimsOf(tokens.id_token).sub);
  });

  it("are taken back as hints, by the client they were given to alone", async () => {
    const { visitor, tokens } = await tokensOf(site.one);
    const silent = { prompt: "none", id_token_hint: String(tokens.id_token) };
    expect(told(await visitor.get(authorizeUrl(idp, site.one, silent))).code).toBeDefined();
    expect(told(await visitor.get(authorizeUrl(idp, site.two, silent))).error).toBe(
      "invalid_request",
    );
    const other = {
      ...silent,
      id_token_hint: String((await tokensOf(site.one, bruno)).tokens.id_token),
    };
    expect(told(await visitor.get(authorizeUrl(idp, site.one, other))).error).toBe(
      "login_required",
    );
    const page = await visitor.follow(authorizeUrl(idp, site.one, { ...other, prompt: undefined }));
    const submitted = await visitor.submit(page, typed(bruno));
    expect(told(await visitor.get(submitted.location ?? "")).code).toBeDefined();
  });

  it("sign the person out by a hint without asking, as public ones do", async () => {
    const { visitor, tokens } = await tokensOf(site.one);
    const answer = await visitor.follow(`${idp.issuer}/logout?id_token_hint=${tokens.id_token}`);
    expect(answer.url).toContain("/signed-out");
  });

  it("asked for by claims.sub are the client's own; the account's id or another sector's is nobody", async () => {
    const { visitor } = await tokensOf(site.one);
    const ask = async (sub: string) =>
      told(
        await visitor.get(
          authorizeUrl(idp, site.one, {
            prompt: "none",
            claims: JSON.stringify({ id_token: { sub: { value: sub } } }),
          }),
        ),
      );
    expect((await ask(await subOf(site.one))).code).toBeDefined();
    for (const wrong of [alice.account.id, await subOf(site.two)]) {
      expect((await ask(wrong)).error).toBe("login_required");
    }
  });
});

describe("registering for pairwise subjects (OpenID Connect Registration §5)", () => {
  const register = async (metadata: object) => {
    const answer = await localFetch(`${idp.issuer}/registration`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${REGISTRATION_TOKEN}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ redirect_uris: ["https://a.example/cb"], ...metadata }),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  /** A host that says which redirect URIs are its sector's. */
  async function aSector(body: string, status = 200) {
    const port = await freePort();
    const server = createServer((_request, response) => {
      response.writeHead(status, { "Content-Type": "application/json", Location: "/elsewhere" });
      response.end(body);
    }).listen(port, "127.0.0.1");
    return { uri: `http://127.0.0.1:${port}/sector.json`, close: () => server.close() };
  }

  const refusal = (member: string) => ({
    status: 400,
    body: { error: "invalid_client_metadata", error_description: expect.stringContaining(member) },
  });

  it("by one redirect host", async () => {
    const { status, body } = await register({ subject_type: "pairwise" });
    expect({ status, type: body.subject_type }).toEqual({ status: 201, type: "pairwise" });
    expect((await idp.known.clientStore.find(body.client_id))?.pairwiseSector).toBe("a.example");
  });

  it("not by several, nor by a scheme without hosts", async () => {
    const several = ["https://a.example/cb", "https://b.example/cb"];
    for (const redirect_uris of [several, ["com.example.app:/cb"]]) {
      const metadata = { subject_type: "pairwise", redirect_uris, application_type: "native" };
      expect(await register(metadata)).toMatchObject(refusal("subject_type"));
    }
  });

  it("oidcc-registration-sector-uri: several hosts, vouched for by a third", async () => {
    const redirect_uris = ["https://a.example/cb", "https://b.example/cb"];
    const sector = await aSector(JSON.stringify([...redirect_uris, "https://c.example/cb"]));
    const { status, body } = await register({
      subject_type: "pairwise",
      redirect_uris,
      sector_identifier_uri: sector.uri,
    });
    sector.close();
    expect(status).toBe(201);
    const client = await idp.known.clientStore.find(body.client_id);
    expect(client?.pairwiseSector).toBe(new URL(sector.uri).host);
    expect(body.sector_identifier_uri).toBe(sector.uri);
  });

  it.each<[string, string, number]>([
    ["does not list a redirect URI", '["https://other.example/cb"]', 200],
    ["is no list", '{"redirect_uris":["https://a.example/cb"]}', 200],
    ["is no JSON", "<html>secret-of-the-house", 200],
    ["is a redirect (F2)", '["https://a.example/cb"]', 302],
    ["is an error", '["https://a.example/cb"]', 500],
    [
      "is larger than 64 KiB (F2)",
      JSON.stringify(["https://a.example/cb", "x".repeat(70_000)]),
      200,
    ],
  ])(
    "oidcc-registration-sector-bad: a document that %s, whose words nobody is shown",
    async (_, text, status) => {
      const sector = await aSector(text, status);
      const answer = await register({
        subject_type: "pairwise",
        sector_identifier_uri: sector.uri,
      });
      sector.close();
      expect(answer).toMatchObject(refusal("sector_identifier_uri"));
      expect(JSON.stringify(answer.body)).not.toContain("secret-of-the-house");
    },
  );

  it("F2: an address that is not public, or nothing that is there", async () => {
    for (const sector_identifier_uri of [
      "https://169.254.169.254/latest/meta-data",
      "https://10.0.0.1/",
      "https://[::ffff:10.0.0.1]/",
      `http://127.0.0.1:${await freePort()}/`,
    ]) {
      const answer = await register({ subject_type: "pairwise", sector_identifier_uri });
      expect(answer).toMatchObject(refusal("sector_identifier_uri"));
    }
  });
});
