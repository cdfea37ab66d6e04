// The demo's two sites as Signet knows them: each a client and a resource of its own.
import { join } from "node:path";
import { z } from "zod";
import { newCredential } from "../protocol/credential.ts";
import type { NewClient, Resource } from "../records/clients/client.ts";
import { secretFile } from "./secret-file.ts";

export interface DemoSite {
  readonly client: NewClient;
  readonly resource: Resource;
  /** What the site reads its credentials from. */
  readonly credentialsFile: string;
}

export function demoSites(
  sites: { bank: string; retirement: string },
  dataDirectory: string,
): DemoSite[] {
  return [
    demoSite({
      clientId: "harbour-bank",
      name: "Harbour Bank",
      baseUrl: sites.bank,
      scopes: {
        "accounts:read": "See your accounts and balances",
        "transfers:write": "Move money between your accounts and out",
      },
      credentialsFile: join(dataDirectory, "bank", "client.json"),
    }),
    demoSite({
      clientId: "evergreen-retirement",
      name: "Evergreen Retirement",
      baseUrl: sites.retirement,
      scopes: { "plan:read": "See your retirement plan" },
      credentialsFile: join(dataDirectory, "retirement", "client.json"),
    }),
  ];
}

interface Description {
  clientId: string;
  name: string;
  baseUrl: string;
  scopes: Record<string, string>;
  credentialsFile: string;
}

const demoSite = ({ clientId, name, baseUrl, scopes, credentialsFile }: Description): DemoSite => ({
  client: {
    id: clientId,
    name,
    tokenEndpointAuthMethod: "client_secret_basic",
    redirectUris: [`${baseUrl}/callback`],
    postLogoutRedirectUris: [`${baseUrl}/`],
    grantTypes: ["authorization_code", "refresh_token"],
    scopes: ["openid", "profile", "email", ...Object.keys(scopes)],
    resources: [`${baseUrl}/api`],
    firstParty: true,
    keyEventsUri: `${baseUrl}/key-events`,
    backchannelLogoutUri: `${baseUrl}/backchannel-logout`,
    backchannelLogoutSessionRequired: true,
    requireAuthTime: false,
    metadata: { client_uri: `${baseUrl}/`, initiate_login_uri: `${baseUrl}/sign-in` },
    origin: "demo",
  },
  resource: { identifier: `${baseUrl}/api`, name, scopes, public: true },
  credentialsFile,
});

const Credentials = z.object({ client_id: z.string(), client_secret: z.string() });

/** The secret in the site's file, which is made when it is missing. */
export function demoClientSecret({ client, credentialsFile }: DemoSite): string {
  const text = secretFile(credentialsFile, () => {
    const client_secret = newCredential("client-secret");
    return `${JSON.stringify({ client_id: client.id, client_secret }, null, 2)}\n`;
  });
  return Credentials.parse(JSON.parse(text)).client_secret;
}
