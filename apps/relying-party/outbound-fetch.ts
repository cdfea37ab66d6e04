// Every request that a site makes goes through here: to loopback names without a resolver, never along a
// redirect, never longer than a deadline, never more than a number of bytes.
import { Agent, fetch as undiciFetch } from "undici";
import { lookupWithLoopback } from "./loopback.ts";

export type FetchLike = (url: string, init?: RequestInit) => Promise<Response>;

/** No usable answer came: refused, reset, too slow, too large. Says nothing about what the server did. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export interface OutboundLimits {
  maxBytes: number;
  deadlineMilliseconds: number;
}

/** A fetch that resolves *.localhost to this machine. Close it to let the process end. */
export function networkFetch(): { fetch: FetchLike; close(): Promise<void> } {
  const agent = new Agent({
    connect: { lookup: lookupWithLoopback, timeout: 3000 },
    keepAliveTimeout: 2000,
  });
  const fetch: FetchLike = async (url, init = {}) => {
    const answer = await undiciFetch(url, {
      method: init.method ?? "GET",
      headers: [...new Headers(init.headers)],
      redirect: "manual",
      dispatcher: agent,
      ...(init.body !== null && init.body !== undefined && { body: bodyText(init.body) }),
      ...(init.signal && { signal: init.signal }),
    });
    // Handed on as the platform's own Response; undici's is another class.
    return new Response(isBodyless(answer.status) ? null : streamOf(answer.body), {
      status: answer.status,
      headers: [...answer.headers],
    });
  };
  return { fetch, close: () => agent.close() };
}
