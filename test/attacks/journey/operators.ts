// The part of the journey that operators take: people, clients and resources over the admin API.
import { expect } from "vitest";
import { REGISTRATION_TOKEN, type TestIdp } from "../../support/an-idp.ts";
import { localFetch } from "../../support/local-fetch.ts";
import type { Credentials, TestClient } from "./people.ts";
import type { Witness } from "./witness.ts";

export const NEW_PASSWORD = "canary new password 0815 words";
export const exercise = { reason: "an exercise" };

export function operators(idp: TestIdp, witness: Witness) {
  const { secret } = witness;
  const operator = witness.operator(idp);

  async function register(token: string, metadata: object): Promise<string> {
    const answer = await localFetch(`${idp.issuer}/registration`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(metadata),
    });
    return answer.text();
  }

  async function looksAfterClients(): Promise<void> {
    const registered = await register(REGISTRATION_TOKEN, {
      redirect_uris: ["https://site.example/cb"],
    });
    secret("registered secret", JSON.parse(registered).client_secret);
    secret("registration token", JSON.parse(registered).registration_access_token);
    await register(secret("wrong registration token", "canary-wrong-registration"), {});

    const client = {
      client_id: "added",
      client_name: "Added",
      redirect_uris: ["https://a.example/"],
    };
    secret("client secret", (await operator("POST", "/clients", client)).body.client_secret);
    await operator("PATCH", "/clients/added", { client_name: "Renamed", ...exercise });
    const second = await operator("POST", "/clients/added/secret", exercise);
    secret("client secret", second.body.client_secret);
    const { id: secretId } = second.body.secrets[1];
    await operator("POST", `/clients/added/secrets/${secretId}/delete`, exercise);
    await operator("POST", "/clients/added/disable", exercise);
    await operator("POST", "/clients/added/enable", exercise);
    await operator("POST", "/clients/added/delete", exercise);
    const made = await operator("POST", "/registration-tokens", { name: "A team" });
    secret("initial access token", made.body.token);
    const own = await register(made.body.token, { redirect_uris: ["https://own.example/cb"] });
    const information = JSON.parse(own);
    secret("registered secret", information.client_secret);
    const registration = secret("registration token", information.registration_access_token);
    await localFetch(information.registration_client_uri, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${registration}` },
    });
    await operator("POST", `/registration-tokens/${made.body.id}/end`, exercise);
    const resource = { identifier: "https://api.example", name: "An API", scopes: {} };
    await operator("PUT", "/resources", resource);
  }

  return {
    async operate(bank: TestClient): Promise<void> {
      const wrong = secret("wrong operator token", "canary-wrong-operator-token");
      await witness.operator(idp, wrong)("GET", "/keys");
      const account = { email: "bruno@example.test", name: "Bruno Keller" };
      const added = await operator("POST", "/accounts", account);
      secret("password link", new URL(added.body.password_link.url).pathname.split("/").at(-1));
      const { id } = added.body;
      await operator("POST", `/accounts/${id}/disable`, exercise);
      await operator("POST", `/accounts/${id}/enable`, exercise);
      await looksAfterClients();
      expect((await operator("GET", `/clients/${bank.id}`)).status).toBe(200);
    },

    async changeThePassword(alice: Credentials): Promise<void> {
      const account = await idp.known.accounts.findByEmail(alice.email);
      const made = await operator("POST", `/accounts/${account?.id}/password-link`, {});
      const link = new URL(String(made.body.url));
      secret("password link", link.pathname.split("/").at(-1));
      const visitor = witness.visitor();
      await visitor.submit(await visitor.get(link.href), { password: "short", repeat: "short" });
      await visitor.submit(await visitor.get(link.href), {
        password: NEW_PASSWORD,
        repeat: NEW_PASSWORD,
      });
      await operator("POST", "/sessions/end", { account: alice.email, ...exercise });
    },
  };
}
