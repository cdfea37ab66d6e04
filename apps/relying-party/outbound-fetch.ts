// Every request that a site makes goes through here: to loopback names without a resolver, never along a
// redirect, never longer than a deadline, never more than a number of bytes.
import type { CustomFetch, CustomFetchOptions } from "openid-client";
import { Agent, fetch as undiciFetch } from "undici";
import { lookupWithLoopback } from "./loopback.ts";

export interface OutboundRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export type FetchLike = (url: string, request?: OutboundRequest) => Promise<Response>;

/** No usable answer came: refused, reset, too slow or too large. Says nothing about what the server did. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** A fetch that takes *.localhost for this machine. Close it to let the process end. */
export function networkFetch(): { fetch: FetchLike; close(): Promise<void> } {
  const agent = new Agent({
    connect: {
      lookup: lookupWithLoopback,
      timeout: 3000,
      // Node's 250 ms can be over before a busy machine has looked at the answer of the only good address.
      autoSelectFamilyAttemptTimeout: 1000,
    },
    keepAliveTimeout: 2000,
  });
  return {
    close: () => agent.destroy(),
    fetch: async (url, request = {}) => {
      const answer = await undiciFetch(url, { ...request, redirect: "manual", dispatcher: agent });
      // undici's Response is another class than the platform's, which openid-client checks for.
      return new Response(answer.body, {
        status: answer.status,
        headers: [...answer.headers],
      });
    },
  };
}

/**
 * Reads every answer whole, within limits; the answer it returns is already in memory.
 * @throws Unreachable for a network failure, a missed deadline or a body past the limit
 */
export function boundedFetch(
  fetch: FetchLike,
  limits: { maxBytes: number; deadlineMilliseconds: number },
): FetchLike {
  return async (url, request = {}) => {
    const deadline = AbortSignal.timeout(limits.deadlineMilliseconds);
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
    try {
      const answer = await fetch(url, { ...request, signal });
      const body = await readAtMost(limits.maxBytes, answer);
      const { status, headers } = answer;
      return new Response(body.length === 0 ? null : body, { status, headers });
    } catch (cause) {
      throw new Unreachable(`no usable answer from ${new URL(url).origin}`, { cause });
    }
  };
}

async function readAtMost(maxBytes: number, answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving this loop early cancels the stream, and with it the connection.
  for await (const chunk of answer.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The same fetch in the shape that openid-client calls. */
export const fetchForOpenidClient =
  (fetch: FetchLike): CustomFetch =>
  (url, { method, headers, body, signal }) =>
    fetch(url, {
      method,
      headers,
      ...(body !== null && body !== undefined && { body: formText(body) }),
      ...(signal && { signal }),
    });

function formText(body: NonNullable<CustomFetchOptions["body"]>): string {
  if (typeof body === "string" || body instanceof URLSearchParams) return body.toString();
  throw new TypeError("an OAuth request is a form");
}
