// POST /device_authorization: a device without a browser says what it wants, and is told what to show a person
// (RFC 8628 §3.1-3.2). Who is asked, and what comes of it, is for the pages and for /token.
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { readForm } from "../../http/parse.ts";
import { cause, requestContext } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import { newCredential } from "../../protocol/credential.ts";
import { unauthorizedClient } from "../../protocol/oauth-error.ts";
import { newUserCode } from "../../protocol/user-code.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import { requestedAccess } from "../../records/clients/requested-access.ts";
import { type DeviceCodeStore, POLL_SECONDS } from "../../records/grants/device-code-store.ts";

export interface DeviceAuthorizationEndpointDeps {
  readonly issuer: string;
  readonly authenticateClient: AuthenticateClient;
  readonly clients: Pick<ClientDirectory, "resources">;
  readonly deviceCodes: Pick<DeviceCodeStore, "issue">;
  readonly lifetimes: { readonly deviceCodeSeconds: number };
  readonly clock: Clock;
}

export const DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const Request = ClientParameters.extend({
  scope: z.string().optional(),
  resource: z.array(z.string()).default([]),
});

export const deviceAuthorizationEndpoint = (deps: DeviceAuthorizationEndpointDeps) => {
  const { issuer, authenticateClient, clients, deviceCodes, lifetimes, clock } = deps;

  return async (ctx: Context): Promise<void> => {
    const request = await readForm(ctx, Request, { repeatable: ["resource"] });
    const credentials = clientCredentials(ctx.get("Authorization"), request);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    if (!client.grantTypes.includes(DEVICE_CODE_GRANT)) {
      throw unauthorizedClient("This client is not registered for the device code grant");
    }
    const { scopes, resources } = await requestedAccess(request, client, clients);
    // Offline access is ignored where nothing could use it (design 5).
    const mayRefresh = client.grantTypes.includes("refresh_token");
    const granted = scopes.filter((scope) => scope !== "offline_access" || mayRefresh);

    const code = newCredential("device-code");
    const { address } = requestContext(ctx);
    const asked = { code, clientId: client.id, scopes: granted, resources, address };
    const userCode = await issueUnderFreeCode(asked);
    const complete = new URLSearchParams({ user_code: userCode });
    sendJson(ctx, {
      device_code: code,
      user_code: userCode,
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?${complete}`,
      // Signet's own: the same as a picture, for a device that can show one.
      signet_qr_code_uri: `${issuer}/device/qr/${userCode}`,
      expires_in: lifetimes.deviceCodeSeconds,
      interval: POLL_SECONDS,
    });
  };

  /** Of 26 billion codes two may still be the same. */
  async function issueUnderFreeCode(
    asked: Omit<Parameters<DeviceCodeStore["issue"]>[0], "userCode">,
  ): Promise<string> {
    for (;;) {
      const userCode = newUserCode();
      if (await deviceCodes.issue({ ...asked, userCode }, clock.now())) return userCode;
    }
  }
};
