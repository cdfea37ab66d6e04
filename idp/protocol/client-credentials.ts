// How a client says who it is (RFC 6749 §2.3): reads what came, decides nothing about whether it is true.
import { z } from "zod";
import { invalidClient, invalidRequest } from "./oauth-error.ts";
import { decode } from "./parameters.ts";

/** The parameters of a request that take part in client authentication. */
export const ClientParameters = z.looseObject({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion: z.string().optional(),
  client_assertion_type: z.string().optional(),
});

export type ClientCredentials =
  | {
      readonly method: "client_secret_basic" | "client_secret_post" | "none";
      readonly clientId: string;
      readonly clientSecret?: string;
    }
  | { readonly method: "private_key_jwt"; readonly clientId: string; readonly assertion: string };

/** RFC 7523 §2.2. */
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * @param authorization  the Authorization header, empty when absent
 * @throws OAuthError invalid_request when more than one method is used, invalid_client when none is
 */
export function clientCredentials(
  authorization: string,
  request: z.output<typeof ClientParameters>,
): ClientCredentials {
  const { client_id: clientId, client_secret: clientSecret } = request;
  const asserts =
    request.client_assertion !== undefined || request.client_assertion_type !== undefined;
  const used = [authorization !== "", clientSecret !== undefined, asserts].filter(Boolean).length;
  if (used > 1) throw invalidRequest("The client used more than one way to authenticate");
  if (asserts) return assertedCredentials(request);
  if (authorization !== "") {
    const basic = basicCredentials(authorization);
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw invalidRequest("client_id is not the client of the Authorization header");
    }
    return basic;
  }
  if (clientId === undefined) throw refused("The request does not say which client it is from");
  return clientSecret === undefined
    ? { method: "none", clientId }
    : { method: "client_secret_post", clientId, clientSecret };
}

/** RFC 7523 §2.2, §3: a client that is not named beside its assertion is the one that the assertion names. */
function assertedCredentials(request: z.output<typeof ClientParameters>): ClientCredentials {
  const { client_id: named, client_assertion: assertion, client_assertion_type: type } = request;
  if (type !== JWT_BEARER) throw invalidRequest(`client_assertion_type must be ${JWT_BEARER}`);
  if (assertion === undefined) throw invalidRequest("client_assertion is missing");
  const clientId = subjectOf(assertion);
  if (clientId === undefined)
    throw refused("The client assertion is not a JWT that names a client");
  if (named !== undefined && named !== clientId) {
    throw invalidRequest("client_id is not the client of the assertion");
  }
  return { method: "private_key_jwt", clientId, assertion };
}

/** Whom it speaks for; nothing of it is believed yet. */
function subjectOf(assertion: string): string | undefined {
  const [, payload = ""] = assertion.split(".", 3);
  try {
    return Subject.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))).sub;
  } catch {
    return undefined;
  }
}

const Subject = z.object({ sub: z.string().min(1) });

/** RFC 9110 §11.6.1: a 401 always names a scheme; RFC 6749 §5.2 asks for it when the header was tried. */
const refused = (description: string) => invalidClient(description, { scheme: "Basic" });

/** RFC 7617, with both halves form-urlencoded first (RFC 6749 §2.3.1). */
function basicCredentials(authorization: string): ClientCredentials {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === undefined) throw refused("The Authorization header is not HTTP Basic");
  const pair = Buffer.from(encoded, "base64").toString("latin1");
  const colon = pair.indexOf(":");
  if (colon === -1 || /[^\x20-\x7e]/.test(pair))
    throw refused("The Basic credentials are malformed");
  try {
    return {
      method: "client_secret_basic",
      clientId: decode(pair.slice(0, colon)),
      clientSecret: decode(pair.slice(colon + 1)),
    };
  } catch {
    throw refused("The Basic credentials are not form-urlencoded (RFC 6749 section 2.3.1)");
  }
}
