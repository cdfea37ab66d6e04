// Who has to use PKCE (RFC 7636): everybody, or with PKCE_FOR=public at least those that cannot prove
// who they are. The setting is for certification suites and old confidential clients (RFC 9700 §2.1.1).
import { describe, expect, it } from "vitest";
import type { Client } from "../../../../idp/records/clients/client.ts";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  type Parameters,
  signedIn,
  told,
  VERIFIER,
} from "./arranging.ts";

const WITHOUT = { code_challenge: undefined, code_challenge_method: undefined };

interface World {
  readonly idp: TestIdp;
  readonly visitor: Visitor;
  readonly bank: Client & { secret: string };
  readonly app: Client & { secret: string };
}

async function aWorld(pkceFor: "all" | "public"): Promise<World & { person: Person }> {
  const idp = await anIdp({ environment: { PKCE_FOR: pkceFor } });
  const bank = await aClient(idp, "bank");
  const app = await aClient(idp, "app", { tokenEndpointAuthMethod: "none" });
  const person = await aPerson(idp);
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return { idp, visitor, bank, app, person };
}

const authorize = async ({ idp, visitor }: World, client: Client, changed: Parameters) =>
  told(await visitor.get(authorizeUrl(idp, client, changed)));

/** What /token says to a code, with the verifier or without. */
async function redeem(
  { idp }: World,
  client: Client & { secret: string },
  code: string | undefined,
  verifier?: string,
) {
  const isPublic = client.tokenEndpointAuthMethod === "none";
  const answer = await aVisitor().post(
    `${idp.issuer}/token`,
    {
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: CALLBACK,
      ...(isPublic && { client_id: client.id }),
      ...(verifier !== undefined && { code_verifier: verifier }),
    },
    isPublic ? {} : { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
  );
  return { status: answer.status, error: JSON.parse(answer.text).error };
}

describe("PKCE_FOR=all, the default (A5)", () => {
  it("asks every client for a challenge and a verifier", async () => {
    const world = await aWorld("all");
    for (const client of [world.bank, world.app]) {
      const { error, error_description } = await authorize(world, client, WITHOUT);
      expect({ error, error_description }).toEqual({
        error: "invalid_request",
        error_description: "code_challenge is missing",
      });
      const { code } = await authorize(world, client, {});
      const missing = { status: 400, error: "invalid_request" };
      expect(await redeem(world, client, code)).toEqual(missing);
      expect((await redeem(world, client, code, VERIFIER)).status).toBe(200);
    }
    expect(world.idp.config.weakenings).toEqual([]);
    await world.idp.close();
  });
});

describe("PKCE_FOR=public (A5)", () => {
  it("lets a confidential client go without, and nobody else", async () => {
    const world = await aWorld("public");
    const { code } = await authorize(world, world.bank, WITHOUT);
    expect((await redeem(world, world.bank, code)).status).toBe(200);
    expect((await authorize(world, world.app, WITHOUT)).error).toBe("invalid_request");
    const { code: publicCode } = await authorize(world, world.app, {});
    const missing = { status: 400, error: "invalid_request" };
    expect(await redeem(world, world.app, publicCode)).toEqual(missing);
    await world.idp.close();
  });

  it("holds whoever began with PKCE to it, and whoever began without to that (RFC 9700 §4.8.2)", async () => {
    const world = await aWorld("public");
    const refused = { status: 400, error: "invalid_grant" };
    const { code: bound } = await authorize(world, world.bank, {});
    expect(await redeem(world, world.bank, bound)).toEqual(refused);
    expect((await redeem(world, world.bank, bound, VERIFIER)).status).toBe(200);
    const { code: free } = await authorize(world, world.bank, WITHOUT);
    expect(await redeem(world, world.bank, free, VERIFIER)).toEqual(refused);
    expect((await redeem(world, world.bank, free)).status).toBe(200);
    await world.idp.close();
  });

  it("takes no half of it: a method without a challenge, or plain", async () => {
    const world = await aWorld("public");
    const halves = [
      { code_challenge: undefined },
      { code_challenge_method: "plain" },
      { code_challenge_method: undefined },
      { code_challenge: "" },
    ];
    for (const half of halves) {
      expect((await authorize(world, world.bank, half)).error).toBe("invalid_request");
    }
    await world.idp.close();
  });

  it("is of no use to a client that has become public meanwhile", async () => {
    const world = await aWorld("public");
    const { known, clock } = world.idp;
    const { code } = await authorize(world, world.bank, WITHOUT);
    const patch = { tokenEndpointAuthMethod: "none" } as const;
    await known.clientStore.update("bank", patch, clock.now(), { actor: "test" });
    known.clients.forget();
    const nowPublic = { ...world.bank, ...patch };
    expect((await redeem(world, nowPublic, code)).status).toBe(400);
    expect((await redeem(world, nowPublic, code, VERIFIER)).status).toBe(400);
    await world.idp.close();
  });

  it("is told to whoever runs it, at every start and on the console", async () => {
    const { idp } = await aWorld("public");
    expect(idp.config.warnings.join()).toContain("PKCE_FOR=public");
    expect(idp.config.weakenings).toEqual([
      expect.objectContaining({ setting: "PKCE_FOR=public" }),
    ]);
    await idp.close();
  });
});
