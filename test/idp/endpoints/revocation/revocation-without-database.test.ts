import { describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import { tokenWorld } from "../support/token-world.ts";

describe("token revocation while the database is down (RFC 7009 §2.2.1)", () => {
  it("C3: is 503 with Retry-After, never a 200 that did nothing; discovery and keys go on", async () => {
    const database = await openTestDatabase();
    const world = await tokenWorld([database]);
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const { body } = await world.token(bank, redemption);
    await database.close();
    for (const token of [body.refresh_token, body.access_token]) {
      const answer = await world.post("/revocation", { token: String(token) }, bank.headers);
      expect([answer.status, answer.body.error]).toEqual([503, "temporarily_unavailable"]);
      expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }
    expect((await world.userinfo(body.access_token)).status).toBe(503);
    for (const path of ["/jwks", "/.well-known/openid-configuration"]) {
      expect((await fetch(world.origin + path)).status).toBe(200);
    }
  });
});
