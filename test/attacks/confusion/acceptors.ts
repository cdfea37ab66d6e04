// Every door that takes a token, a code or a secret, and the kinds that are meant for it. Each says whether it
// let somebody in.
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import { aVisitor } from "../../support/a-visitor.ts";
import { localFetch } from "../../support/local-fetch.ts";
import {
  APP,
  byApp,
  CALLBACK,
  type ConfusedWorld,
  DEVICE_GRANT,
  type Kind,
  VERIFIER,
} from "./a-confused-world.ts";

export interface Acceptor {
  readonly takes: readonly Kind[];
  lets(world: ConfusedWorld, presented: string): Promise<boolean>;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

const isOpen = async (url: string, init: RequestInit): Promise<boolean> => {
  const answer = await localFetch(url, init);
  await answer.arrayBuffer();
  return answer.ok;
};

const api = (site: (world: ConfusedWorld) => string) => (world: ConfusedWorld, token: string) =>
  isOpen(site(world), { headers: bearer(token) });

const redeeming =
  (fields: (presented: string) => Record<string, string>) =>
  async ({ post }: ConfusedWorld, presented: string) =>
    (await post("/token", fields(presented), byApp)).status === 200;

const told = (path: string, member: string) => async (world: ConfusedWorld, presented: string) => {
  const answer = await localFetch(`${world.house.bank}${path}`, {
    method: "POST",
    body: new URLSearchParams({ [member]: presented }),
  });
  await answer.arrayBuffer();
  return answer.ok;
};

const authorize = (world: ConfusedWorld, more: Record<string, string>) =>
  `${world.house.issuer}/authorize?${new URLSearchParams({
    client_id: APP.id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    prompt: "none",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    ...more,
  })}`;

/** A browser that has this one cookie and no other. */
const withCookie =
  (name: string, url: (world: ConfusedWorld) => string) =>
  async (world: ConfusedWorld, presented: string) => {
    const answer = await aVisitor().get(url(world), { Cookie: `signet_${name}=${presented}` });
    return answer.status === 200;
  };

const ACCESS_TOKENS = [
  "access token for the provider",
  "access token for the bank",
  "access token for Evergreen",
  "access token of a machine",
] as const;

export const ACCEPTORS: Readonly<Record<string, Acceptor>> = {
  "/userinfo": {
    takes: ["access token for the provider"],
    lets: api(({ house }) => `${house.issuer}/userinfo`),
  },
  "the bank's API": {
    takes: ["access token for the bank", "access token of a machine"],
    lets: api(({ house }) => `${house.bank}/api/accounts`),
  },
  "Evergreen's API": {
    takes: ["access token for Evergreen"],
    lets: api(({ house }) => `${house.retirement}/api/plan`),
  },
  "/introspection": {
    takes: [...ACCESS_TOKENS, "refresh token"],
    lets: async ({ post }, token) =>
      JSON.parse((await post("/introspection", { token }, byApp)).text).active === true,
  },
  "/token, as a code": {
    takes: ["authorization code"],
    lets: redeeming((code) => ({
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    })),
  },
  "/token, as a refresh token": {
    takes: ["refresh token"],
    lets: redeeming((refresh_token) => ({ grant_type: "refresh_token", refresh_token })),
  },
  "/token, as a device code": {
    takes: ["device code"],
    lets: redeeming((device_code) => ({ grant_type: DEVICE_GRANT, device_code })),
  },
  "/token, as a client secret": {
    takes: ["client secret"],
    lets: async ({ post }, secret) => {
      const header = { Authorization: `Basic ${btoa(`${APP.id}:${secret}`)}` };
      return (await post("/token", { grant_type: "client_credentials" }, header)).status === 200;
    },
  },
  "/token, as an assertion": {
    takes: ["client assertion"],
    lets: async ({ post }, client_assertion) => {
      const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      const proof = { client_assertion_type, client_assertion };
      return (await post("/token", { grant_type: "client_credentials", ...proof })).status === 200;
    },
  },
  "/authorize, as id_token_hint": {
    takes: ["ID token"],
    async lets(world, id_token_hint) {
      const { location = "" } = await world.visitor.get(authorize(world, { id_token_hint }));
      return location.startsWith(CALLBACK) && new URL(location).searchParams.has("code");
    },
  },
  "/authorize, as request_uri": {
    takes: ["request_uri"],
    async lets(world, request_uri) {
      const query = new URLSearchParams({ client_id: APP.id, request_uri });
      const { location = "" } = await world.visitor.get(`${world.house.issuer}/authorize?${query}`);
      return location.startsWith(CALLBACK);
    },
  },
  "/device, as a user code": {
    takes: ["user code"],
    async lets({ house, visitor }, user_code) {
      const entry = await visitor.get(`${house.issuer}/device`);
      return (await visitor.submit(entry, { user_code })).status === 303;
    },
  },
  "the session's cookie": {
    takes: ["session cookie"],
    lets: withCookie("session", ({ house }) => `${house.issuer}/account`),
  },
  "the browser's cookie": {
    takes: ["browser cookie"],
    lets: withCookie("browser", ({ waiting }) => waiting),
  },
  "/set-password": {
    takes: ["password link"],
    lets: async ({ house }, link) =>
      (await aVisitor().get(`${house.issuer}/set-password/${encodeURIComponent(link)}`)).status ===
      200,
  },
  "the admin API": {
    takes: ["operator token"],
    lets: api(({ house }) => `${house.issuer}/admin/api/clients`),
  },
  "/registration": {
    takes: ["registration token", "initial access token"],
    lets: ({ house }, token) =>
      isOpen(`${house.issuer}/registration`, {
        method: "POST",
        headers: { ...bearer(token), "Content-Type": "application/json" },
        body: JSON.stringify({ redirect_uris: ["https://new.example/cb"] }),
      }),
  },
  "/registration/:client": {
    takes: ["registration access token"],
    lets: ({ house, things }, token) =>
      isOpen(`${house.issuer}/registration/${things["registered client"]}`, {
        headers: bearer(token),
      }),
  },
  "/key-sightings, as a bearer token": {
    takes: [],
    lets: ({ house }, token) =>
      isOpen(`${house.issuer}/key-sightings`, {
        method: "POST",
        headers: { ...bearer(token), "Content-Type": "application/json" },
        body: JSON.stringify({ instance: "one", kids: [] }),
      }),
  },
  "the bank's back-channel logout": {
    takes: ["logout token for the bank"],
    lets: told("/backchannel-logout", "logout_token"),
  },
  "the bank's key events": {
    takes: ["probe for the bank", "notice for the bank"],
    lets: told("/key-events", "event_token"),
  },
};
