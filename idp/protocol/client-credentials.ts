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

export interface ClientCredentials {
  readonly method: "client_secret_basic" | "client_secret_post" | "none";
  readonly clientId: string;
  readonly clientSecret?: string;
}

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
  if (asserts) throw refused("Client assertions are not supported");
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
