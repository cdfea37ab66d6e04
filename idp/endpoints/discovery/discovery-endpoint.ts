// GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server (OpenID Connect
// Discovery §4, RFC 8414 §3): one document, served from memory. Only the signing algorithms of a running
// provider change: one that is added begins when every site has had the time to meet its key.
import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "koa";
import type { KeyRing } from "../../../keys/key-ring.ts";
import { sendPrepared } from "../../http/prepared-answer.ts";
import { type PublicDocument, publicAnswer } from "../../http/public-document.ts";
import { hashOf } from "../../protocol/credential.ts";
import { type Provider, providerMetadata } from "./provider-metadata.ts";

export interface DiscoveryEndpointDeps extends Omit<Provider, "signingAlgs"> {
  readonly ring: Pick<KeyRing, "signingAlgs">;
}

const maxAgeSeconds = 300;

export const discoveryEndpoint = ({ ring, ...provider }: DiscoveryEndpointDeps) => {
  let made: { algs: string; document: PublicDocument } | undefined;

  function document(): PublicDocument {
    const { signingAlgs } = ring;
    const algs = signingAlgs.join();
    if (made?.algs !== algs)
      made = { algs, document: documentOf(providerMetadata({ ...provider, signingAlgs })) };
    return made.document;
  }

  const answer = (headers: IncomingHttpHeaders) => publicAnswer(document(), headers);
  return {
    answer,
    show: async (ctx: Context): Promise<void> => sendPrepared(ctx, answer(ctx.req.headers)),
  };
};

function documentOf(metadata: object): PublicDocument {
  const text = JSON.stringify(metadata);
  return { body: Buffer.from(text), etag: `"${hashOf(text)}"`, maxAgeSeconds };
}
