// Every call that the identity provider makes by itself (security F1, F2): to a checked address, never along
// a redirect, within one deadline for everything and a few bytes of answer. What comes back is for the
// caller to parse; nobody is ever shown it.
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

/** Posts a form, or gets what is there when no form is given. Never throws: what went wrong is an answer too. */
export type OutboundCall = (
  uri: string,
  form?: Readonly<Record<string, string>>,
) => Promise<OutboundAnswer>;

const TIMEOUT_MILLISECONDS = 3_000;
/** Node's 250 ms can be over before a busy machine has looked at the answer of the only good address. */
const EACH_ADDRESS_MILLISECONDS = 1_000;
const MOST_BYTES = 64 * 1024;

export function outboundCall(deps: OutboundCallDeps): OutboundCall {
  const { resolve = resolveBySystem, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = deps;
  const rules = addressRules(deps.allow);

  return async (uri, form) => {
    const deadline = AbortSignal.timeout(timeoutMilliseconds);
    try {
      const target = await within(deadline, callTarget(uri, { rules, resolve }));
      const client = clientOf(target, timeoutMilliseconds);
      // Not waited for: what an unfriendly peer still sends is of no interest.
      return await ask(client, target.url, form, deadline).finally(() => client.destroy(() => {}));
    } catch (error) {
      return { kind: "failed", problem: callProblem(error, timeoutMilliseconds) };
    }
  };
}

/** A connection for this call alone: one that is kept could outlive what was known of its address. */
const clientOf = ({ url, addresses }: CallTarget, timeout: number): Client =>
  new Client(url.origin, {
    connect: {
      lookup: lookupAmong(addresses),
      timeout,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: EACH_ADDRESS_MILLISECONDS,
    },
    maxResponseSize: MOST_BYTES,
  });

async function ask(
  client: Client,
  { pathname, search }: URL,
  form: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const { statusCode: status, body } = await client.request({
    path: `${pathname}${search}`,
    ...(form === undefined ? { method: "GET", headers: { accept } } : posting(form)),
    signal,
  });
  return { kind: "answered", status, body: await body.text() };
}

const accept = "application/json";

const posting = (form: Readonly<Record<string, string>>) => ({
  method: "POST" as const,
  headers: { accept, "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(form).toString(),
});

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
