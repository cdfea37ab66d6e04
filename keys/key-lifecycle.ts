// The life of the signing keys on one replica: the first ones, their rotation by hand and by schedule,
// their retirement, and keeping up with the other replicas. Leaves HTTP to the endpoints.
import type { Clock } from "../prisma/clock.ts";
import { type Database, DatabaseUnavailable } from "../prisma/database.ts";
import {
  currentSet,
  type DailyLimit,
  type KeyCause,
  type KeyChanges,
  type KeyLogger,
  SYSTEM,
} from "./key-changes.ts";
import type { RecordKeyEvent } from "./key-event.ts";
import { type KeyRing, keyRing } from "./key-ring.ts";
import { type KeyRules, scheduledAt } from "./key-rules.ts";
import type { KeySeal } from "./key-seal.ts";
import { type KeySet, keyStore } from "./key-store.ts";
import { beginWhatIsDue, fillPlaces, retireWhatIsDue } from "./key-upkeep.ts";
import { type KeyView, viewsOf } from "./key-view.ts";
import { keyWatch } from "./key-watch.ts";
import { loadKeys } from "./loaded-keys.ts";
import { openedKeys } from "./opened-keys.ts";
import { type RevokeRequest, type RevokeResult, revokeKey } from "./revoke-key.ts";
import { type RewrapResult, rewrapKeys } from "./rewrap-keys.ts";
import { type RecentSites, type RotateResult, rotateKeys } from "./rotate-keys.ts";
import { sharing } from "./sharing.ts";
import { newSigningKey } from "./signing-key.ts";
import { spareKeys } from "./spare-keys.ts";

export type { KeyCause } from "./key-changes.ts";
export type { KeyView } from "./key-view.ts";
export type { RevokeResult } from "./revoke-key.ts";
export type { RewrapResult } from "./rewrap-keys.ts";
export type { RotateResult } from "./rotate-keys.ts";

export interface KeyLifecycle {
  readonly ring: KeyRing;
  /**
   * Loads the keys, making the first ones where there are none, and keeps up from then on.
   * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
   */
  start(): Promise<void>;
  /** Catches up with the database now, and does what is due. Never throws: what was loaded stays in use. */
  poll(): Promise<void>;
  /**
   * Promotes the pending keys and publishes the next ones. Of several at once exactly one wins; the
   * others write nothing.
   * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
   */
  rotate(cause: KeyCause): Promise<RotateResult>;
  /** @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable */
  revoke(request: RevokeRequest): Promise<RevokeResult>;
  /** @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable */
  rewrap(cause: KeyCause): Promise<RewrapResult>;
  /** Every key there ever was, oldest first. */
  list(): Promise<KeyView[]>;
  /** Whether this replica has the keys that the database holds. */
  isReady(): boolean;
  stop(): Promise<void>;
}

export interface KeyLifecycleDeps extends KeyRules {
  readonly database: Database;
  readonly clock: Clock;
  readonly seal: KeySeal;
  readonly pollSeconds: number;
  readonly signingAlgs: readonly string[];
  readonly rsaBits: number;
  readonly recentSites: RecentSites;
  readonly limit: DailyLimit;
  readonly recordAudit: RecordKeyEvent;
  /** Where there may be other replicas: they hear of one another's changes at once, and settle them together. */
  readonly replicas?: { readonly settleMilliseconds: number };
  readonly logger?: KeyLogger;
}

const SCHEDULED: KeyCause = { ...SYSTEM, reason: "scheduled" };

export function createKeyLifecycle(deps: KeyLifecycleDeps): KeyLifecycle {
  const { database, clock, seal, signingAlgs: algs, logger } = deps;
  const rules: KeyRules = {
    leadSeconds: deps.leadSeconds,
    jwksMaxAgeSeconds: deps.jwksMaxAgeSeconds,
    longestTokenSeconds: deps.longestTokenSeconds,
    skewSeconds: deps.skewSeconds,
    rotationSeconds: deps.rotationSeconds,
  };

  const store = keyStore(database, deps.recordAudit);
  const opened = openedKeys(seal);
  const catchUpOnce = sharing(catchUp);
  const held = keyRing({
    clock,
    signingAlgs: algs,
    jwksMaxAgeSeconds: deps.jwksMaxAgeSeconds,
    confirmEverySeconds: rules.skewSeconds,
    settleMilliseconds: deps.replicas?.settleMilliseconds ?? 0,
    refresh: async () => {
      await catchUpOnce();
    },
  });
  const spares = spareKeys((alg) => newSigningKey(alg, deps), { algs, seal, clock, logger });
  const changes: KeyChanges = {
    store,
    clock,
    seal,
    opened,
    rules,
    algs,
    newKey: spares.take,
    async takeOver() {
      await reload().catch(notCaughtUp);
      spares.refill();
    },
    limit: deps.limit,
    logger,
  };
  const rotateOnce = sharing(rotateKeys(changes, deps.recentSites));
  let known: KeySet | undefined;
  let problem: unknown;
  /** The time that a scheduled rotation waits for, so that it is said once. */
  let waitsUntil: number | undefined;
  const watch = keyWatch({
    database: deps.replicas && database,
    pollSeconds: deps.pollSeconds,
    look: poll,
    afterwards: spares.refill,
  });

  /** @throws also when the set is taken over and one of its keys cannot be used */
  async function reload(): Promise<void> {
    const askedAt = clock.now();
    try {
      known = await store.read();
      const loaded = await loadKeys(known, { opened, signingAlgs: algs, rules });
      held.adopt(loaded, askedAt);
      ({ problem } = loaded);
    } catch (error) {
      // That the database is away says nothing of the keys.
      if (!(error instanceof DatabaseUnavailable)) problem = error;
      throw error;
    }
    if (problem !== undefined) throw problem;
  }

  async function catchUp(): Promise<void> {
    const askedAt = clock.now();
    const version = await store.version();
    if (version === held.version && problem === undefined) held.confirm(askedAt);
    else await reload();
    for (const doWhatIsDue of [retireWhatIsDue, fillPlaces, beginWhatIsDue]) {
      if (known !== undefined && (await doWhatIsDue(changes, known))) await reload();
    }
  }

  async function rotateOnSchedule(): Promise<void> {
    const at = scheduledAt(known?.keys ?? [], rules);
    if (at === undefined || at > clock.now()) return;
    const { result } = await rotateOnce({ cause: SCHEDULED, isScheduled: true });
    if (result.kind !== "too-early" || result.safeFrom.getTime() === waitsUntil) return;
    waitsUntil = result.safeFrom.getTime();
    logger?.warn({ reason: result.reason }, "the scheduled rotation waits");
  }

  async function poll(): Promise<void> {
    try {
      await catchUpOnce();
      await rotateOnSchedule();
    } catch (error) {
      notCaughtUp(error);
    }
  }

  function notCaughtUp(error: unknown): void {
    logger?.error({ err: error }, "could not catch up with the signing keys");
  }

  return {
    ring: held.ring,

    async start() {
      await fillPlaces(changes, await currentSet(changes));
      await reload();
      watch.start();
    },
    poll,

    async rotate(cause) {
      // Contenders of this replica wait for the one under way: had it won, they have lost.
      const { result, shared } = await rotateOnce({ cause });
      if (result.kind === "rotated") await held.settled();
      return shared && result.kind === "rotated" ? { kind: "lost-race" } : result;
    },
    revoke: revokeKey(changes),
    rewrap: rewrapKeys(changes),

    list: async () => viewsOf((await store.read()).keys, rules),
    isReady: () => held.version !== undefined && problem === undefined,

    stop: watch.stop,
  };
}
