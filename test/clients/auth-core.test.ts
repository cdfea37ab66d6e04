// Auth.js (@auth/core) as a plain handler of requests, with a provider of type "oidc" as it is documented.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../support/a-visitor.ts";
import {
  aSiteOfTheirs,
  register,
  type TheirWorld,
  theirWorld,
  through,
} from "./a-server-of-theirs.ts";

// Named at run time: its types bring the browser's along, which no other file here should see.
const AUTH_CORE = "@auth/core";
const { Auth }: { Auth: (request: Request, config: object) => Promise<Response> } = await import(
  AUTH_CORE
);

let world: TheirWorld;
let site: Awaited<ReturnType<typeof aSiteOfTheirs>>;

beforeAll(async () => {
  world = await theirWorld();
  site = await aSiteOfTheirs(async (baseUrl) => {
    const client = await register(world, {
      client_name: "An Auth.js site",
      redirect_uris: [`${baseUrl}/auth/callback/signet`],
    });
    const config = authConfig(world.idp.issuer, client);
    return async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = await Auth(
        new Request(`${baseUrl}${request.url}`, {
          method: request.method ?? "GET",
          headers: new Headers(
            Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
          ),
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        }),
        config,
      );
      response.writeHead(answer.status, [...answer.headers].flat() as never);
      response.end(Buffer.from(await answer.arrayBuffer()));
    };
  });
});
afterAll(async () => {
  await site.close();
  await world.idp.close();
});

function authConfig(
  issuer: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  // #region configuration
  return {
    providers: [
      {
        id: "signet",
        name: "Signet",
        type: "oidc",
        issuer,
        clientId,
        clientSecret,
        checks: ["pkce", "state", "nonce"],
      },
    ],
    secret: "a long secret of the site's own, for its cookies",
    trustHost: true,
    basePath: "/auth",
  };
  // #endregion
}

/** What its button does: a form with its own CSRF token. */
async function beginSignIn() {
  const visitor = aVisitor();
  const { csrfToken } = JSON.parse((await visitor.get(`${site.baseUrl}/auth/csrf`)).text);
  const fields = { csrfToken, callbackUrl: `${site.baseUrl}/auth/session` };
  const sent = await visitor.post(`${site.baseUrl}/auth/signin/signet`, fields);
  return { visitor, page: await visitor.follow(sent.location ?? "") };
}

describe("Auth.js", () => {
  it("signs somebody in with PKCE, state and nonce", async () => {
    const { visitor, page } = await beginSignIn();
    const session = await through(visitor, page, world.alice);
    expect(JSON.parse(session.text)).toMatchObject({
      user: { name: "Alice Moreau", email: "alice@example.test" },
    });
  });

  it("shows its own error page when the person did not allow it", async () => {
    const { visitor, page } = await beginSignIn();
    const refused = await through(visitor, page, world.bruno, "deny");
    expect(refused.url).toContain("/auth/");
    expect(refused.url).toContain("error");
  });
});
