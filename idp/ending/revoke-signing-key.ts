// A signing key is thrown out, with everything that belongs to that moment in one transaction: the key
// set, the notices to the sites, the refresh tokens if they are to end, the second person's decision.
// What the keys themselves become is keys/revoke-key.ts's (security K4, D1).
import type { KeyLifecycle, RevokeResult } from "../../keys/key-lifecycle.ts";
import type { Clock } from "../../prisma/clock.ts";
import type { Orm } from "../../prisma/database.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import { causedBy } from "../records/audit/audit-store.ts";
import {
  type KeyRevocationRequest,
  type RefreshTokenChoice,
  type RequestRefusal,
  whyClosed,
  whyNotConfirmed,
} from "../records/key-revocations/key-revocation-request.ts";
import {
  decideRequest,
  type KeyRevocationRequestStore,
} from "../records/key-revocations/key-revocation-request-store.ts";
import type { KeyNoticeDelivery } from "../records/outbox/delivery.ts";
import type { DeliveryStore } from "../records/outbox/delivery-store.ts";
import { despiteConflicts } from "./despite-conflicts.ts";
import { type Ending, endingWithin } from "./ending-store.ts";

/** Who throws it out, and why: nobody does so without a reason. */
export type RevocationCause = Cause & { readonly reason: string };

export interface KeyRevocation {
  readonly kid: string;
  readonly refreshTokens: RefreshTokenChoice;
  readonly cause: RevocationCause;
}

export type KeyRevocationResult =
  | RevokeResult
  /** Waits for a second person. */
  | { kind: "requested"; request: KeyRevocationRequest }
  /** Somebody has asked for the same already. */
  | { kind: "already-requested"; request: KeyRevocationRequest };

export type KeyConfirmationResult =
  | (RevokeResult & { readonly kid: string })
  | { kind: RequestRefusal };

export type KeyRefusalResult =
  | { kind: "refused"; request: KeyRevocationRequest }
  | { kind: Exclude<RequestRefusal, "same-person"> };

export interface RevokeSigningKeyDeps {
  readonly keys: Pick<KeyLifecycle, "list" | "revoke">;
  readonly requests: KeyRevocationRequestStore;
  readonly deliveries: Pick<DeliveryStore, "put">;
  /** Sends what was put into the outbox, as soon as it is committed. */
  readonly wake: () => void;
  readonly clock: Clock;
  /** Whether it takes two people. */
  readonly byTwo: boolean;
}

/** The decision was taken by somebody else in the same moment; nothing of this one is kept. */
class DecidedMeanwhile extends Error {}

export type RevokeSigningKey = ReturnType<typeof revokeSigningKey>;

export function revokeSigningKey(deps: RevokeSigningKeyDeps) {
  const { keys, requests, deliveries, wake, clock, byTwo } = deps;

  async function revokeNow(
    { kid, refreshTokens, cause }: KeyRevocation,
    decide: (orm: Orm, at: Date) => Promise<void> = async () => {},
  ): Promise<RevokeResult> {
    const alongside = async (orm: Orm, at: Date) => {
      await decide(orm, at);
      const ending = endingWithin(orm);
      if (refreshTokens === "end") await endGrants(ending, kid, at, cause);
      const clientIds = await ending.clientsThatHear();
      await deliveries.put(orm, clientIds.map(noticeOf(kid)), at);
    };
    const result = await despiteConflicts(() => keys.revoke({ kid, cause, alongside }));
    if (result.kind === "revoked") wake();
    return result;
  }

  return {
    /**
     * Throws a key out now, or asks for a second person to do so.
     * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
     */
    async revoke(revocation: KeyRevocation): Promise<KeyRevocationResult> {
      if (!byTwo) return revokeNow(revocation);
      const { kid, refreshTokens, cause } = revocation;
      const key = (await keys.list()).find((known) => known.kid === kid);
      if (key === undefined) return { kind: "unknown-key" };
      if (key.state === "revoked") return { kind: "already-revoked" };
      const asked = { kid, refreshTokens, reason: cause.reason };
      const { request, isNew } = await requests.open(asked, clock.now(), cause);
      return { kind: isNew ? "requested" : "already-requested", request };
    },

    /**
     * The second person's yes: the key is thrown out for the reason that was given first.
     * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
     */
    async confirm(id: string, by: Cause): Promise<KeyConfirmationResult> {
      const request = await requests.find(id);
      const now = clock.now();
      const refusal = whyNotConfirmed(request, by.actor, now);
      if (request !== undefined && refusal === "same-person")
        await requests.recordSamePerson(request, now, by);
      if (request === undefined || refusal !== undefined)
        return { kind: refusal ?? "unknown-request" };

      const { kid, refreshTokens, reason } = request;
      const cause = { ...by, reason: by.reason ?? reason };
      try {
        const result = await revokeNow({ kid, refreshTokens, cause }, async (orm, at) => {
          if (!(await decideRequest(orm, id, by.actor, at))) throw new DecidedMeanwhile();
        });
        // Of two who confirm at once the second finds that the key is gone.
        return result.kind === "already-revoked" ? { kind: "decided" } : { ...result, kid };
      } catch (error) {
        if (error instanceof DecidedMeanwhile) return { kind: "decided" };
        throw error;
      }
    },

    /** The second person's no, or the first one's change of mind. */
    async refuse(id: string, by: Cause): Promise<KeyRefusalResult> {
      const request = await requests.find(id);
      const now = clock.now();
      const closed = whyClosed(request, now);
      if (request === undefined || closed !== undefined)
        return { kind: closed ?? "unknown-request" };
      return (await requests.refuse(request, now, by))
        ? { kind: "refused", request }
        : { kind: "decided" };
    },

    /** What waits for a second person. */
    open: (): Promise<KeyRevocationRequest[]> => requests.listOpen(clock.now()),
  };
}

const noticeOf =
  (kid: string) =>
  (clientId: string): KeyNoticeDelivery => ({
    kind: "key-notice",
    clientId,
    payload: { revoked: [kid] },
  });

/** One row for all of them, as they ended for one reason. */
async function endGrants(ending: Ending, kid: string, at: Date, cause: Cause): Promise<void> {
  await ending.endGrantsOfPeople("key-revoked", at);
  await ending.audit({
    at,
    kind: "grant.revoked",
    outcome: "success",
    ...causedBy(cause),
    details: { because: "key-revoked", kid, until: at.toISOString() },
  });
}
