// A program that acts for itself at the sites' APIs, registered by the operator of a test.
import type { House } from "./a-house.ts";
import { localFetch } from "./local-fetch.ts";

const causedByTest = { actor: "test" };
const SECRET = "sgx_test-machine-secret-0123456789abcdef0123456";

/** An access token for a site's API, the bank's unless told otherwise, by client_credentials. */
export async function aTokenFor(
  house: House,
  scope: string,
  site: string = house.bank,
): Promise<string> {
  await registerOnce(house);
  const answer = await localFetch(`${house.issuer}/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`machine:${SECRET}`).toString("base64")}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      resource: `${site}/api`,
    }),
  });
  const body: unknown = await answer.json();
  if (typeof body === "object" && body !== null && "access_token" in body) {
    return String(body.access_token);
  }
  throw new Error(`no token: ${answer.status} ${JSON.stringify(body)}`);
}

async function registerOnce(house: House): Promise<void> {
  const { known, clock } = house.idp();
  if (await known.clientStore.find("machine")) return;
  await known.clientStore.add(
    {
      id: "machine",
      name: "A machine",
      tokenEndpointAuthMethod: "client_secret_basic",
      redirectUris: [],
      postLogoutRedirectUris: [],
      grantTypes: ["client_credentials"],
      scopes: ["accounts:read", "plan:read"],
      resources: [],
      firstParty: false,
      requireAuthTime: false,
      metadata: {},
      origin: "operator",
    },
    SECRET,
    clock.now(),
    causedByTest,
  );
  known.clients.forget();
}
