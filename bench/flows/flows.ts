// What is compared, from the caller's side.
import { written } from "../client/connection.ts";
import { API, CLIENT, type Provider } from "../provider.ts";
import { basic, hopper, hostOf, require, tokensFor } from "./asking.ts";
import type { Flow } from "./flow.ts";

export const clientCredentials: Flow = {
  name: "client_credentials",
  async lane(provider, connection) {
    const form = { grant_type: "client_credentials", scope: "accounts:read", resource: API };
    return async () => void (await tokensFor(provider, connection, form));
  },
};

export const signOnHop: Flow = {
  name: "sign-on hop",
  async lane(provider, connection) {
    const hop = await hopper(provider, connection);
    return async () => {
      const tokens = await hop();
      if (!tokens.id_token || !tokens.refresh_token) throw new Error("a hop without its tokens");
    };
  },
};

const refreshing = (name: string, scope?: string): Flow => ({
  name,
  async lane(provider, connection) {
    const hop = await hopper(provider, connection);
    let { refresh_token } = await hop();
    return async () => {
      const form = {
        grant_type: "refresh_token",
        refresh_token,
        resource: API,
        ...(scope !== undefined && { scope }),
      };
      const tokens = await tokensFor(provider, connection, form);
      if (tokens.refresh_token === refresh_token) throw new Error("the token was not rotated");
      refresh_token = tokens.refresh_token;
    };
  },
});

export const refresh = refreshing("refresh, access token only");
export const refreshWithIdToken = refreshing(
  "refresh with ID token",
  "openid profile email accounts:read",
);

const document = (name: string, path: (provider: Provider) => string): Flow => ({
  name,
  async lane(provider, connection) {
    const request = Buffer.from(written({ path: path(provider), host: hostOf(provider) }));
    return async () => void require(200, await connection.ask(request));
  },
});

export const jwks = document("JWKS", ({ paths }) => paths.jwks);
export const discovery = document("discovery", ({ paths }) => paths.discovery);

export const userinfo: Flow = {
  name: "userinfo",
  async lane(provider, connection) {
    const hop = await hopper(provider, connection, { toApi: false });
    const { access_token } = await hop();
    const request = Buffer.from(
      written({
        path: provider.paths.userinfo,
        host: hostOf(provider),
        headers: { authorization: `Bearer ${access_token}` },
      }),
    );
    return async () => void require(200, await connection.ask(request));
  },
};

export const introspection: Flow = {
  name: "introspection",
  async lane(provider, connection) {
    const hop = await hopper(provider, connection, { toApi: false });
    const { access_token } = await hop();
    const request = Buffer.from(
      written({
        path: provider.paths.introspection,
        host: hostOf(provider),
        headers: basic(provider),
        form: { token: access_token, client_id: CLIENT },
      }),
    );
    return async () => {
      const { body } = require(200, await connection.ask(request));
      if (!body.includes('"active":true')) throw new Error(`not active: ${body}`);
    };
  },
};
