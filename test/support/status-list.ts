// Looks a token up in the status list that it names, as any verifier would, at the replica that is asked.
import { inflateSync } from "node:zlib";
import { decodeJwt } from "jose";
import { localFetch } from "./local-fetch.ts";

interface Status {
  readonly status_list: { readonly idx: number; readonly uri: string };
}

/** @param origin  of the replica */
export async function hasEnded(origin: string, accessToken: string): Promise<boolean> {
  const { status } = decodeJwt<{ status: Status }>(accessToken);
  const { idx, uri } = status.status_list;
  const answer = await localFetch(`${origin}${new URL(uri).pathname}`);
  const list = decodeJwt<{ status_list: { lst: string } }>(await answer.text());
  const bits = inflateSync(Buffer.from(list.status_list.lst, "base64url"));
  return (((bits[idx >> 3] ?? 0) >> (idx & 7)) & 1) === 1;
}
