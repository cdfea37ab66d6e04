import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "./json.ts";
import type { ClientSource } from "./site-config.ts";

export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
}

/** The file that a demo's identity provider writes for each of its sites. */
const ClientFile = z.object({ client_id: z.string().min(1), client_secret: z.string().min(1) });

/** This site's credentials at the provider; undefined while their file has not appeared yet. */
export async function readClientCredentials(
  source: ClientSource,
): Promise<ClientCredentials | undefined> {
  if (source.kind === "given") return source;
  const text = await readFile(source.path, "utf8").catch(() => "");
  const file = ClientFile.safeParse(parseJson(text)).data;
  return file && { clientId: file.client_id, clientSecret: file.client_secret };
}

/** The Authorization header of client_secret_basic: both halves form-encoded first (RFC 6749 §2.3.1). */
export function basicAuthorization({ clientId, clientSecret }: ClientCredentials): string {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

const formEncoded = (text: string) => new URLSearchParams({ "": text }).toString().slice(1);
