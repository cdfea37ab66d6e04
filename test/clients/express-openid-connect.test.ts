// express-openid-connect with the code flow; its default is the implicit flow, which is not offered.
import express from "express";
import eoc from "express-openid-connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../support/a-visitor.ts";
import {
  aSiteOfTheirs,
  register,
  type TheirWorld,
  theirWorld,
  visit,
} from "./a-server-of-theirs.ts";

const { auth, requiresAuth } = eoc;

let world: TheirWorld;
let site: Awaited<ReturnType<typeof aSiteOfTheirs>>;

beforeAll(async () => {
  world = await theirWorld();
  site = await aSiteOfTheirs(async (baseUrl) => {
    const client = await register(world, {
      client_name: "An Express site",
      redirect_uris: [`${baseUrl}/callback`],
      post_logout_redirect_uris: [baseUrl],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_basic",
    });
    return aSite(world.idp.issuer, baseUrl, client);
  });
});
afterAll(async () => {
  await site.close();
  await world.idp.close();
});

function aSite(
  issuer: string,
  baseUrl: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  const app = express();
  // #region configuration
  app.use(
    auth({
      issuerBaseURL: issuer,
      baseURL: baseUrl,
      clientID: clientId,
      clientSecret,
      secret: "a long secret of the site's own, for its cookies",
      authRequired: false,
      idpLogout: true,
      authorizationParams: {
        response_type: "code",
        scope: "openid profile email offline_access",
        prompt: "consent",
      },
    }),
  );
  // #endregion
  app.get("/", (request, response) => {
    response.json({ signedIn: request.oidc.isAuthenticated() });
  });
  app.get("/profile", requiresAuth(), async (request, response) => {
    response.json({ user: request.oidc.user, userinfo: await request.oidc.fetchUserInfo() });
  });
  app.get("/refresh", requiresAuth(), async (request, response) => {
    const before = request.oidc.accessToken?.access_token;
    const after = await request.oidc.accessToken?.refresh();
    response.json({ isAnother: after !== undefined && after.access_token !== before });
  });
  app.use(
    (
      error: Error & { status?: number; error_description?: string },
      _request: express.Request,
      response: express.Response,
      _next: express.NextFunction,
    ) => {
      response.status(error.status ?? 500).send(error.error_description ?? error.message);
    },
  );
  return app;
}

describe("express-openid-connect", () => {
  it("signs somebody in, and asks UserInfo", async () => {
    const page = await visit(`${site.baseUrl}/profile`, world.alice);
    expect(JSON.parse(page.text)).toMatchObject({
      user: { sub: world.alice.account.id, name: "Alice Moreau", email: "alice@example.test" },
      userinfo: { sub: world.alice.account.id },
    });
  });

  it("refreshes", async () => {
    const visitor = aVisitor();
    await visit(`${site.baseUrl}/profile`, world.alice, { visitor });
    const page = await visitor.get(`${site.baseUrl}/refresh`);
    expect(JSON.parse(page.text)).toEqual({ isAnother: true });
  });

  it("signs out at the provider as well, and comes back", async () => {
    const visitor = aVisitor();
    await visit(`${site.baseUrl}/profile`, world.alice, { visitor });
    const back = await visitor.follow(`${site.baseUrl}/logout`);
    expect(JSON.parse(back.text)).toEqual({ signedIn: false });
    const again = await visitor.follow(`${site.baseUrl}/profile`);
    expect(again.url).toContain("/sign-in/");
  });

  it("hears that the person did not allow it", async () => {
    const page = await visit(`${site.baseUrl}/profile`, world.bruno, { decision: "deny" });
    expect(page.status).toBe(400);
    expect(page.text).toContain("did not allow");
  });
});
