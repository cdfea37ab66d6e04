// Every call that the identity provider makes by itself (security F1, F2): a POST to a checked address,
// never along a redirect, within one deadline for everything and a few bytes of answer. What comes back
// is for the caller to parse; nobody is ever shown it.
import type { LookupFunction } from "node:net";
import { Client } from "undici";
import { addressRules } from "./address-rules.ts";
import { callProblem } from "./call-problem.ts";
import { type CallTarget, callTarget, type Resolve, resolveBySystem } from "./call-target.ts";

export interface OutboundCallDeps {
  /** Addresses and CIDR ranges that are not public and may be called all the same. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
  readonly timeoutMilliseconds?: number;
}

export type OutboundAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  /** In words of ours. */
  | { readonly kind: "failed"; readonly problem: string };

/** Sends a form. Never throws: what went wrong is an answer too. */
export type OutboundCall = (
  uri: string,
  form: Readonly<Record<string, string>>,
) => Promise<OutboundAnswer>;

const TIMEOUT_MILLISECONDS = 3_000;
const MOST_BYTES = 64 * 1024;

export function outboundCall(deps: OutboundCallDeps): OutboundCall {
  const { resolve = resolveBySystem, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = deps;
  const rules = addressRules(deps.allow);

  return async (uri, form) => {
    const deadline = AbortSignal.timeout(timeoutMilliseconds);
    try {
      const target = await within(deadline, callTarget(uri, { rules, resolve }));
      return await post(target, new URLSearchParams(form).toString(), deadline);
    } catch (error) {
      return { kind: "failed", problem: callProblem(error, timeoutMilliseconds) };
    }
  };
}

/** A connection for this call alone: one that is kept could outlive what was known of its address. */
async function post(
  { url, addresses }: CallTarget,
  body: string,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const client = new Client(url.origin, {
    connect: { lookup: lookupAmong(addresses), autoSelectFamily: true },
    maxResponseSize: MOST_BYTES,
  });
  try {
    const answer = await client.request({
      method: "POST",
      path: `${url.pathname}${url.search}`,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body,
      signal,
    });
    return { kind: "answered", status: answer.statusCode, body: await answer.body.text() };
  } finally {
    // Not waited for: what an unfriendly peer still sends is of no interest.
    void client.destroy().catch(() => {});
  }
}

/** For the socket there are no other addresses than these. */
const lookupAmong =
  (addresses: CallTarget["addresses"]): LookupFunction =>
  (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all || first === undefined) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };

/** A resolver cannot be stopped, but nobody has to wait for it. */
function within<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(deadline.reason);
    deadline.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener("abort", giveUp));
  });
}
