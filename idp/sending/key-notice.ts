// The notice that keys were thrown out, to one site's kit: delivered when the kit answers that it
// refuses every one of them.
import { z } from "zod";
import { KeysUnavailable } from "../../keys/key-ring.ts";
import type { Clock } from "../../prisma/clock.ts";
import type { ClaimedDelivery, KeyNoticeDelivery } from "../records/outbox/delivery.ts";
import type { KeyEventTokens } from "../tokens/key-event-token.ts";
import { callWithKeyEvent } from "./key-event-call.ts";
import type { OutboundCall } from "./outbound-call.ts";

export interface KeyNoticeDeps {
  readonly tokens: Pick<KeyEventTokens, "notice">;
  readonly call: OutboundCall;
  readonly clock: Clock;
  /** Catches up with the keys that the database has; never throws. */
  readonly catchUp: () => Promise<void>;
}

const Heard = z.looseObject({ refused: z.array(z.looseObject({ kid: z.string() })).max(100) });

/** @returns why it did not arrive; undefined when it did */
export function keyNotice({ tokens, call, clock, catchUp }: KeyNoticeDeps) {
  const mint = ({ clientId, payload }: ClaimedDelivery<KeyNoticeDelivery>) =>
    tokens.notice(clientId, payload.revoked, clock.now());

  return async (delivery: ClaimedDelivery<KeyNoticeDelivery>): Promise<string | undefined> => {
    const { uri, payload, heldUntil } = delivery;
    const token = await mint(delivery).catch(async (error: unknown) => {
      if (!(error instanceof KeysUnavailable)) throw error;
      // Another replica revoked the key, and this one has not heard of it yet.
      await catchUp();
      return mint(delivery);
    });
    // Whoever holds it by now attempts it as well.
    if (clock.now() >= heldUntil) return "not attempted in time";
    const answer = await callWithKeyEvent(call, { uri, token, answer: Heard });
    if (answer.kind === "not-heard")
      return answer.status === 400 ? "refuses the notice" : answer.problem;
    const refused = answer.said?.refused.map(({ kid }) => kid) ?? [];
    return payload.revoked.every((kid) => refused.includes(kid))
      ? undefined
      : "answers something else";
  };
}
