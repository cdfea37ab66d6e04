// The life of the signing keys on one replica: the first ones, their rotation by hand and by schedule,
// their retirement, and keeping up with the other replicas. Leaves HTTP to the endpoints.
import type { Clock } from "../prisma/clock.ts";
import type { Database } from "../prisma/database.ts";
import {
  currentSet,
  type DailyLimit,
  happened,
  type KeyCause,
  type KeyChanges,
  type KeyLogger,
  SYSTEM,
} from "./key-changes.ts";
import { type KeyRing, keyRing } from "./key-ring.ts";
import { dueToBegin, dueToRetire, type KeyRules, missingPlaces, scheduledAt } from "./key-rules.ts";
import type { KeySeal } from "./key-seal.ts";
import { type KeySet, keyStore, type RecordKeyEvent } from "./key-store.ts";
import { type KeyView, viewOf } from "./key-view.ts";
import { loadKeys } from "./loaded-keys.ts";
import { openedKeys } from "./opened-keys.ts";
import { type RevokeRequest, type RevokeResult, revokeKey } from "./revoke-key.ts";
import { type RewrapResult, rewrapKeys } from "./rewrap-keys.ts";
import { type RecentSites, type RotateResult, rotateKeys } from "./rotate-keys.ts";
import { newSigningKey } from "./signing-key.ts";

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
  readonly jwksMaxAgeSeconds: number;
  readonly pollSeconds: number;
  readonly signingAlgs: readonly string[];
  readonly rsaBits: number;
  readonly recentSites: RecentSites;
  readonly limit: DailyLimit;
  readonly recordAudit: RecordKeyEvent;
  readonly logger?: KeyLogger;
}

const SCHEDULED: KeyCause = { ...SYSTEM, reason: "scheduled" };

export function createKeyLifecycle(deps: KeyLifecycleDeps): KeyLifecycle {
  const { database, clock, seal, signingAlgs: algs, logger } = deps;
  const { leadSeconds, longestTokenSeconds, skewSeconds, rotationSeconds } = deps;
  const rules: KeyRules = { leadSeconds, longestTokenSeconds, skewSeconds, rotationSeconds };

  const store = keyStore(database, deps.recordAudit);
  const opened = openedKeys(seal);
  const catchUpOnce = sharing(catchUp);
  const held = keyRing({
    clock,
    signingAlgs: algs,
    jwksMaxAgeSeconds: deps.jwksMaxAgeSeconds,
    confirmEverySeconds: skewSeconds,
    refresh: async () => {
      await catchUpOnce();
    },
  });
  const changes: KeyChanges = {
    store,
    clock,
    seal,
    opened,
    rules,
    algs,
    newKey: (alg) => newSigningKey(alg, deps),
    reload: async () => load(await store.read()),
    limit: deps.limit,
    logger,
  };
  const rotateOnce = sharing(rotateKeys(changes, deps.recentSites));
  let known: KeySet | undefined;
  let readable = false;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> | undefined;

  async function load(set: KeySet): Promise<void> {
    try {
      held.adopt(await loadKeys(set, { opened, signingAlgs: algs, rules }));
      known = set;
      readable = true;
    } catch (error) {
      readable = false;
      throw error;
    }
  }

  async function createMissing(): Promise<void> {
    const { version, keys } = await currentSet(changes);
    const places = missingPlaces(keys, algs);
    if (places.length === 0) return;
    const made = await Promise.all(
      places.map(async (place) => ({ ...place, key: await changes.newKey(place.alg) })),
    );
    const details = { kids: made.map(({ key }) => key.kid) };
    // Another replica may have been first: its keys are read instead.
    const event = happened("keys.created", clock.now(), SYSTEM, details);
    if (await store.create(version, made, event)) logger?.info(details, "made signing keys");
  }

  async function catchUp(): Promise<void> {
    const version = await store.version();
    if (version === held.version) held.confirm();
    else await changes.reload();
    await retireWhatIsDue();
    await beginWhatIsDue();
  }

  async function retireWhatIsDue(): Promise<void> {
    const leaving = dueToRetire(known?.keys ?? [], rules, clock.now()).map(({ kid }) => kid);
    if (known === undefined || leaving.length === 0) return;
    const details = { kids: leaving };
    const event = happened("keys.retired", clock.now(), SYSTEM, details);
    if (await store.retire(known.version, leaving, event))
      logger?.info(details, "retired signing keys");
    await changes.reload();
  }

  /** The keys of an algorithm that was enabled a lead ago. */
  async function beginWhatIsDue(): Promise<void> {
    const begins = dueToBegin(known?.keys ?? [], { algs, rules, now: clock.now() });
    if (known === undefined || begins.length === 0) return;
    const steps = await Promise.all(
      begins.map(async (succession) => ({
        succession,
        next: await changes.newKey(succession.alg),
      })),
    );
    const details = { kids: begins.map(({ pending }) => pending) };
    const event = happened("keys.began", clock.now(), SYSTEM, details);
    if (await store.rotate(known.version, steps, [], event))
      logger?.info(details, "further signing keys begin to sign");
    await changes.reload();
  }

  async function rotateOnSchedule(): Promise<void> {
    const at = scheduledAt(known?.keys ?? [], rules);
    if (at === undefined || at > clock.now()) return;
    const { result } = await rotateOnce({ cause: SCHEDULED, isScheduled: true });
    if (result.kind === "too-early")
      logger?.warn({ reason: result.reason }, "the scheduled rotation waits");
  }

  async function poll(): Promise<void> {
    try {
      await catchUpOnce();
      await rotateOnSchedule();
    } catch (error) {
      logger?.error({ err: error }, "could not catch up with the signing keys");
    }
  }

  /** Never twice at the same distance: replicas that started together drift apart. */
  function pollAfterAWhile(): void {
    const seconds = deps.pollSeconds * (0.8 + 0.2 * Math.random());
    timer = setTimeout(() => {
      polling = poll().finally(() => {
        if (timer !== undefined) pollAfterAWhile();
      });
    }, seconds * 1000).unref();
  }

  return {
    ring: held.ring,

    async start() {
      await createMissing();
      await changes.reload();
      pollAfterAWhile();
    },
    poll,

    async rotate(cause) {
      // Contenders of this replica wait for the one under way: had it won, they have lost.
      const { result, shared } = await rotateOnce({ cause });
      return shared && result.kind === "rotated" ? { kind: "lost-race" } : result;
    },
    revoke: revokeKey(changes),
    rewrap: rewrapKeys(changes),

    list: async () => (await store.read()).keys.map((key) => viewOf(key, rules)),
    isReady: () => readable,

    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await polling;
    },
  };
}

/** Callers that come while a call is under way share it, and are told so. */
function sharing<Args extends unknown[], T>(call: (...args: Args) => Promise<T>) {
  let underWay: Promise<T> | undefined;
  return async (...args: Args): Promise<{ result: T; shared: boolean }> => {
    const shared = underWay !== undefined;
    underWay ??= call(...args).finally(() => {
      underWay = undefined;
    });
    return { result: await underWay, shared };
  };
}
