// How this site proves to the provider who it is: by its own key (private_key_jwt), or by a secret that both
// sides know (client_secret_basic). What is said where is the same for either.
import { readFile } from "node:fs/promises";
import { type ClientAuth, ClientSecretBasic, PrivateKeyJwt } from "openid-client";
import { z } from "zod";
import type { ClientKey } from "./client-key.ts";
import { parseJson } from "./json.ts";
import type { ClientSource } from "./site-config.ts";

export interface ClientCredentials {
  readonly clientId: string;
  /** For what openid-client says. */
  readonly method: ClientAuth;
  /** For a call of our own: what goes into its headers and into its body. */
  proof(issuer: string): Promise<{
    headers: Readonly<Record<string, string>>;
    parameters: Readonly<Record<string, string>>;
  }>;
}

/** The file that a demo's identity provider writes for each of its sites. */
const ClientFile = z.object({ client_id: z.string().min(1) });

/** This site's credentials at the provider; undefined while their file has not appeared yet. */
export async function readClientCredentials(
  source: ClientSource,
  ownKey: () => ClientKey,
): Promise<ClientCredentials | undefined> {
  if (source.kind === "secret") return bySecret(source.clientId, source.clientSecret);
  if (source.kind === "key") return byKey(source.clientId, ownKey());
  const text = await readFile(source.path, "utf8").catch(() => "");
  const file = ClientFile.safeParse(parseJson(text)).data;
  return file && byKey(file.client_id, ownKey());
}

const byKey = (clientId: string, key: ClientKey): ClientCredentials => ({
  clientId,
  method: PrivateKeyJwt(key.signer),
  proof: async (issuer) => ({
    headers: {},
    parameters: {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await key.assert(clientId, issuer),
    },
  }),
});

const bySecret = (clientId: string, clientSecret: string): ClientCredentials => ({
  clientId,
  method: ClientSecretBasic(clientSecret),
  proof: async () => ({
    headers: { authorization: basicAuthorization(clientId, clientSecret) },
    parameters: {},
  }),
});

/** The Authorization header of client_secret_basic: both halves form-encoded first (RFC 6749 §2.3.1). */
function basicAuthorization(clientId: string, clientSecret: string): string {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

const formEncoded = (text: string) => new URLSearchParams({ "": text }).toString().slice(1);
