// GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server (OpenID Connect
// Discovery §4, RFC 8414 §3): one document, made once, served from memory.
import type { Context } from "koa";
import { sendDocument } from "../../http/send-document.ts";
import { hashOf } from "../../protocol/credential.ts";
import { type Provider, providerMetadata } from "./provider-metadata.ts";

const maxAgeSeconds = 300;

export const discoveryEndpoint = (provider: Provider) => {
  const text = JSON.stringify(providerMetadata(provider));
  const document = { body: Buffer.from(text), etag: `"${hashOf(text)}"`, maxAgeSeconds };
  return async (ctx: Context): Promise<void> => sendDocument(ctx, document);
};
