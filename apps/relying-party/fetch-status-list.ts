import type { FetchLike } from "./outbound-fetch.ts";
import { InvalidStatusList, type ReadStatusList, type StatusList } from "./status-list-token.ts";

/** A believable answer of a list's address. Without `list` it confirms the one that the ETag names. */
export interface StatusListAnswer {
  list?: StatusList;
  etag: string | undefined;
}

/** @throws InvalidStatusList for an error page, a redirect, another token; Unreachable for no answer */
export type FetchStatusList = (uri: string, etag: string | undefined) => Promise<StatusListAnswer>;

/** Asks for a status list (Token Status List, draft-20), conditionally when an ETag is known. */
export const createFetchStatusList =
  ({ fetch, read }: { fetch: FetchLike; read: ReadStatusList }): FetchStatusList =>
  async (uri, etag) => {
    const headers = {
      accept: "application/statuslist+jwt",
      ...(etag && { "if-none-match": etag }),
    };
    const answer = await fetch(uri, { headers });
    if (answer.status === 304 && etag) return { etag };
    if (answer.status !== 200 || !isStatusList(answer)) {
      throw new InvalidStatusList(`no status list in the answer (status ${answer.status})`);
    }
    const list = await read(await answer.text(), uri);
    return { list, etag: answer.headers.get("etag") ?? undefined };
  };

const isStatusList = (answer: Response) =>
  /^application\/statuslist\+jwt\s*(?:;|$)/i.test(answer.headers.get("content-type") ?? "");
