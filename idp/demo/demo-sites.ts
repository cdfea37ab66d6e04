// The demo's two sites as Signet knows them: each a client and a resource of its own.
import { join } from "node:path";
import type { NewClient, Resource } from "../records/clients/client.ts";
import { findSecretFile, writeSecretFile } from "./secret-file.ts";

export interface DemoSite {
  readonly client: NewClient;
  readonly resource: Resource;
  /** Where the site reads its client_id; its key it makes itself. */
  readonly clientFile: string;
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
      clientFile: join(dataDirectory, "bank", "client.json"),
    }),
    demoSite({
      clientId: "evergreen-retirement",
      name: "Evergreen Retirement",
      baseUrl: sites.retirement,
      scopes: { "plan:read": "See your retirement plan" },
      clientFile: join(dataDirectory, "retirement", "client.json"),
    }),
  ];
}

interface Description {
  clientId: string;
  name: string;
  baseUrl: string;
  scopes: Record<string, string>;
  clientFile: string;
}

const demoSite = ({ clientId, name, baseUrl, scopes, clientFile }: Description): DemoSite => ({
  client: {
    id: clientId,
    name,
    tokenEndpointAuthMethod: "private_key_jwt",
    jwksUri: `${baseUrl}/client-keys`,
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
  clientFile,
});

/** What the site waits for: that Signet knows it, and by which id. */
export function writeClientFile({ client, clientFile }: DemoSite): void {
  const text = `${JSON.stringify({ client_id: client.id }, null, 2)}\n`;
  if (findSecretFile(clientFile) !== text) writeSecretFile(clientFile, text);
}
