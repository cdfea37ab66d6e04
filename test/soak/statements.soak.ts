import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../idp/protocol/credential.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import {
  authorization,
  type ClientProgram,
  codeAt,
  redeem,
  refresh,
  signInFor,
  tokenRequest,
} from "./support/a-client-program.ts";
import { count, figure } from "./support/figures.ts";

const ROUNDS = count(200);
const cause = { actor: "test" };

describe("database statements per request, over HTTP", () => {
  let world: TestIdp;
  let person: Person;
  let site: ClientProgram;
  let machine: ClientProgram;

  beforeAll(async () => {
    world = await anIdp();
    person = await aPerson(world);
    site = await addClient("site", ["authorization_code", "refresh_token"]);
    machine = await addClient("machine", ["client_credentials"]);
    // Its doors stay open; what works in the background would be counted too.
    await world.idp.stop();
    return () => world.close();
  });

  it("silent authorize: 2; redeem: 1; refresh: 1; userinfo: 1", async () => {
    const { visitor } = await signInFor(site, person);
    const authorizing: number[] = [];
    const redeeming: number[] = [];
    const refreshing: number[] = [];
    const asking: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { url, verifier } = authorization(site, { prompt: "none" });
      let code = "";
      authorizing.push(
        await statementsOf(async () => {
          code = await codeAt(visitor, url, site);
        }),
      );
      let tokens = { access_token: "", refresh_token: "" };
      redeeming.push(
        await statementsOf(async () => {
          tokens = await redeem(site, code, verifier);
        }),
      );
      refreshing.push(
        await statementsOf(async () => {
          tokens = await refresh(site, tokens.refresh_token);
        }),
      );
      asking.push(
        await statementsOf(async () => {
          const answer = await localFetch(`${world.issuer}/userinfo`, {
            headers: { Authorization: `Bearer ${tokens.access_token}` },
          });
          expect(answer.status, await answer.text()).toBe(200);
        }),
      );
    }
    statements("silent authorize", authorizing, 2);
    statements("redeem", redeeming, 1);
    statements("refresh", refreshing, 1);
    statements("userinfo", asking, 1);
  });

  it("client_credentials, once warm: 0", async () => {
    const ask = () =>
      tokenRequest(machine, {
        grant_type: "client_credentials",
        scope: "things:read",
        resource: "urn:things",
      });
    await ask();
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) samples.push(await statementsOf(ask));
    statements("client_credentials, warm", samples, 0);
  });

  it.each([
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
  ])("%s: 0", async (path) => {
    const ask = async () => {
      const answer = await localFetch(world.issuer + path);
      expect(answer.status, await answer.text()).toBe(200);
    };
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) samples.push(await statementsOf(ask));
    statements(path, samples, 0);
  });

  async function statementsOf(work: () => Promise<unknown>): Promise<number> {
    const before = world.database.statements.count;
    await work();
    return world.database.statements.count - before;
  }

  function statements(what: string, samples: readonly number[], atMost: number): void {
    figure({ id: "", what: `statements: ${what}`, unit: "", samples }, { of: "most", atMost });
  }

  async function addClient(id: string, grantTypes: string[]): Promise<ClientProgram> {
    const { known, clock, issuer } = world;
    await known.clientStore.putResource(
      { identifier: "urn:things", name: "Things", scopes: { "things:read": "See" }, public: true },
      clock.now(),
      cause,
    );
    const secret = newCredential("client-secret");
    const redirectUri = `https://${id}.example/callback`;
    await known.clientStore.add(
      {
        id,
        name: id,
        tokenEndpointAuthMethod: "client_secret_basic",
        redirectUris: [redirectUri],
        postLogoutRedirectUris: [],
        grantTypes,
        scopes: ["openid", "profile", "things:read"],
        resources: [],
        firstParty: true,
        requireAuthTime: false,
        metadata: {},
        origin: "operator",
      },
      secret,
      clock.now(),
      cause,
    );
    known.clients.forget();
    return { issuer, id, secret, redirectUri, scope: "openid profile" };
  }
});
