// A drill: every site's kit verifies a harmless token that a pending key has signed, before that key
// signs anything real. Nothing changes anywhere; how each site did is kept and shown.
import { z } from "zod";
import type { Clock } from "../../prisma/clock.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import type {
  KeyProbeStore,
  ProbedSite,
  ProbeOutcome,
} from "../records/key-probes/key-probe-store.ts";
import type { KeyEventTokens } from "../tokens/key-event-token.ts";
import { eachAtMost } from "./each-at-most.ts";
import { callWithKeyEvent } from "./key-event-call.ts";
import type { OutboundCall } from "./outbound-call.ts";

/** How one site did with one key. */
export interface DrillResult {
  readonly clientId: string;
  readonly clientName: string;
  readonly kid: string;
  readonly outcome: ProbeOutcome;
  readonly problem?: string;
}

/**
 * Probes every enabled site that hears of key events.
 * @param now  when it was asked for; under this time the results are kept
 * @throws DatabaseUnavailable, KeysUnavailable
 */
export type Drill = (cause: Cause, now: Date) => Promise<DrillResult[]>;

export interface DrillDeps {
  readonly keyProbes: Pick<KeyProbeStore, "sites" | "record">;
  readonly tokens: Pick<KeyEventTokens, "probe">;
  readonly call: OutboundCall;
  readonly clock: Clock;
  /** The usual one first: access tokens are signed with it. */
  readonly signingAlgs: readonly string[];
}

const MOST_AT_ONCE = 8;

const Verdict = z.discriminatedUnion("verified", [
  z.looseObject({ verified: z.literal(true), kid: z.string() }),
  z.looseObject({ verified: z.literal(false), error: z.string() }),
]);

export function drill({ keyProbes, tokens, call, clock, signingAlgs }: DrillDeps): Drill {
  async function probe(site: ProbedSite, alg: string): Promise<DrillResult> {
    const { clientId, name: clientName, uri } = site;
    const { token, kid } = await tokens.probe(clientId, alg, clock.now());
    const answer = await callWithKeyEvent(call, { uri, token, answer: Verdict });
    const outcome =
      answer.kind === "heard"
        ? judged(answer.said, kid)
        : ({ outcome: "unreachable", problem: answer.problem } as const);
    return { clientId, clientName, kid, ...outcome };
  }

  return async (cause, now) => {
    const probes = (await keyProbes.sites()).flatMap((site) =>
      algsOf(site, signingAlgs).map((alg) => ({ site, alg })),
    );
    const results = await eachAtMost(MOST_AT_ONCE, probes, ({ site, alg }) => probe(site, alg));
    const kept = results.map(({ clientName, ...result }) => result);
    await keyProbes.record({ results: kept, cause }, now);
    return results;
  };
}

/** What the client's tokens are signed with, as far as there are keys for it. */
function algsOf({ idTokenSignedResponseAlg }: ProbedSite, signingAlgs: readonly string[]) {
  const [usual] = signingAlgs;
  return signingAlgs.filter((alg) => alg === usual || alg === idTokenSignedResponseAlg);
}

type Judged = Pick<DrillResult, "outcome" | "problem">;

function judged(said: z.output<typeof Verdict> | undefined, kid: string): Judged {
  if (said?.verified === true && said.kid === kid) return { outcome: "verified" };
  return { outcome: "refused", problem: refusal(said) };
}

function refusal(said: z.output<typeof Verdict> | undefined): string {
  if (said?.verified === false && said.error === "unknown_key") return "does not know the key";
  if (said?.verified === false && said.error === "invalid_token") return "refuses the probe";
  return "answers something else";
}
