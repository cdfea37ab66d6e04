// passport-openidconnect, as its documentation sets it up. It sends no PKCE unless it is told to, and some
// never tell it: for them there is PKCE_FOR=public.
import express, { type NextFunction, type Request, type Response } from "express";
import session from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../support/a-visitor.ts";
import {
  aSiteOfTheirs,
  register,
  type TheirWorld,
  theirWorld,
  visit,
} from "./a-server-of-theirs.ts";

let world: TheirWorld;
let site: Awaited<ReturnType<typeof aSiteOfTheirs>>;

beforeAll(async () => {
  world = await theirWorld({ PKCE_FOR: "public" });
  site = await aSiteOfTheirs(async (baseUrl) => {
    const client = await register(world, {
      client_name: "A Passport site",
      redirect_uris: [`${baseUrl}/callback`],
      // It sends the secret in the body, and cannot be told otherwise.
      token_endpoint_auth_method: "client_secret_post",
    });
    return aPassportSite(world.idp.issuer, baseUrl, client);
  });
});
afterAll(async () => {
  await site.close();
  await world.idp.close();
});

function aPassportSite(
  issuer: string,
  baseUrl: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  // #region configuration
  const strategy = new OpenIDConnectStrategy(
    {
      issuer,
      authorizationURL: `${issuer}/authorize`,
      tokenURL: `${issuer}/token`,
      userInfoURL: `${issuer}/userinfo`,
      clientID: clientId,
      clientSecret,
      callbackURL: `${baseUrl}/callback`,
      scope: ["profile", "email"],
    },
    (_issuer: string, profile: passport.Profile, done: OpenIDConnectStrategy.VerifyCallback) =>
      done(null, profile),
  );
  // #endregion
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: object, done) => done(null, user));
  const app = express();
  app.use(session({ secret: "a secret of the site", resave: false, saveUninitialized: false }));
  app.use(passport.initialize());
  app.use(passport.session());
  app.get("/login", passport.authenticate("openidconnect"));
  app.get(
    "/callback",
    passport.authenticate("openidconnect", { failureMessage: true, failureRedirect: "/refused" }),
    (_request, response) => response.redirect("/"),
  );
  app.get("/refused", (_request, response) => {
    response.status(403).send("the sign-in was refused");
  });
  app.get("/", (request, response) => {
    response.json(request.user ?? null);
  });
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).send(error.message);
  });
  return app;
}

describe("passport-openidconnect", () => {
  it("signs somebody in and knows their name", async () => {
    const page = await visit(`${site.baseUrl}/login`, world.alice);
    expect(JSON.parse(page.text)).toMatchObject({
      id: world.alice.account.id,
      displayName: "Alice Moreau",
      emails: [{ value: "alice@example.test" }],
    });
  });

  it("signs in without a page the second time, in another browser session of the site", async () => {
    const visitor = aVisitor();
    await visit(`${site.baseUrl}/login`, world.alice, { visitor });
    for (const name of visitor.cookies.keys()) {
      if (name.startsWith("localhost ")) visitor.cookies.delete(name);
    }
    const page = await visitor.follow(`${site.baseUrl}/login`);
    expect(JSON.parse(page.text)).toMatchObject({ displayName: "Alice Moreau" });
  });

  it("hears that the person did not allow it", async () => {
    const page = await visit(`${site.baseUrl}/login`, world.bruno, { decision: "deny" });
    expect({ url: page.url, status: page.status }).toEqual({
      url: `${site.baseUrl}/refused`,
      status: 403,
    });
  });
});
