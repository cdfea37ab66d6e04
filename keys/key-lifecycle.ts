// The life of the signing keys on one replica: the first two, their rotation, their retirement, and
// keeping up with the other replicas (OpenID Connect Core §10.1.1). Leaves HTTP to the endpoints.
import type { Clock } from "../prisma/clock.ts";
import type { Database } from "../prisma/database.ts";
import { type KeyRing, keyRing } from "./key-ring.ts";
import { decideRotation, dueToRetire, type KeyRules, missingPlaces } from "./key-rules.ts";
import type { KeySeal } from "./key-seal.ts";
import { type KeyEvent, type KeySet, keyStore, type RecordKeyEvent } from "./key-store.ts";
import { type KeyView, viewOf } from "./key-view.ts";
import { loadKeys, requireOpenable } from "./loaded-keys.ts";
import { newSigningKey } from "./signing-key.ts";

export type { KeyView } from "./key-view.ts";

export type RotateResult =
  | { kind: "rotated"; activated: string; published: string; retiring: string }
  | { kind: "too-early"; safeFrom: Date; reason: string }
  | { kind: "lost-race" };

/** Who asked, and why; it goes into the audit. */
export interface RotationCause {
  readonly actor: string;
  readonly requestId?: string;
  readonly reason?: string;
}

export interface KeyLifecycle {
  readonly ring: KeyRing;
  /**
   * Loads the keys, making the first ones where there are none, and keeps up from then on.
   * @throws DatabaseUnavailable, KeyEncryptionKeyWrong
   */
  start(): Promise<void>;
  /** Catches up with the database now. Never throws: what was loaded stays in use. */
  poll(): Promise<void>;
  /**
   * Promotes the pending keys and publishes the next ones. Of several at once exactly one wins; the
   * others write nothing.
   * @throws DatabaseUnavailable, KeyEncryptionKeyWrong
   */
  rotate(cause: RotationCause): Promise<RotateResult>;
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
  readonly recordAudit: RecordKeyEvent;
  readonly logger?: Logger;
}

const SYSTEM: RotationCause = { actor: "system" };

interface Logger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function createKeyLifecycle(deps: KeyLifecycleDeps): KeyLifecycle {
  const { database, clock, seal, signingAlgs: algs, recordAudit, logger } = deps;
  const { leadSeconds, longestTokenSeconds, skewSeconds } = deps;
  const rules: KeyRules = { leadSeconds, longestTokenSeconds, skewSeconds };

  const store = keyStore(database, recordAudit);
  const catchUpOnce = sharing(catchUp);
  const rotateOnce = sharing(rotate);
  const held = keyRing({
    clock,
    signingAlgs: algs,
    jwksMaxAgeSeconds: deps.jwksMaxAgeSeconds,
    confirmEverySeconds: skewSeconds,
    refresh: async () => {
      await catchUpOnce();
    },
  });
  let known: KeySet | undefined;
  let readable = false;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> | undefined;

  async function load(set: KeySet): Promise<void> {
    try {
      held.adopt(await loadKeys(set, { seal, signingAlgs: algs, rules }));
      known = set;
      readable = true;
    } catch (error) {
      readable = false;
      throw error;
    }
  }

  async function createMissing(set: KeySet): Promise<void> {
    const places = missingPlaces(set.keys, algs);
    if (places.length === 0) return;
    // A key that does not open must stop the start, never lead to another key (security K7).
    await requireOpenable(set.keys, seal);
    const made = await Promise.all(
      places.map(async (place) => ({ ...place, key: await newSigningKey(place.alg, deps) })),
    );
    const kids = made.map(({ key }) => key.kid);
    const details = { kids };
    // Another replica may have been first: its keys are read instead.
    if (!(await store.create(set.version, made, happened("keys.created", SYSTEM, details)))) return;
    logger?.info(details, "made signing keys");
  }

  async function catchUp(): Promise<void> {
    const version = await store.version();
    if (version === held.version) held.confirm();
    else await load(await store.read());

    const leaving = dueToRetire(known?.keys ?? [], rules, clock.now()).map(({ kid }) => kid);
    if (known === undefined || leaving.length === 0) return;
    const details = { kids: leaving };
    if (await store.retire(known.version, leaving, happened("keys.retired", SYSTEM, details))) {
      logger?.info(details, "retired signing keys");
    }
    await load(await store.read());
  }

  async function poll(): Promise<void> {
    try {
      await catchUpOnce();
    } catch (error) {
      logger?.error({ err: error }, "could not catch up with the signing keys");
    }
  }

  async function rotate(cause: RotationCause): Promise<RotateResult> {
    const set = await store.read();
    await requireOpenable(set.keys, seal);
    const decision = decideRotation(set.keys, { algs, rules, now: clock.now() });
    if (decision.kind === "too-early") return decision;

    const steps = await Promise.all(
      decision.successions.map(async (succession) => ({
        succession,
        next: await newSigningKey(succession.alg, deps),
      })),
    );
    const [first] = steps;
    if (first === undefined) throw new Error("SIGNING_ALGS names no algorithm");
    const rotated = {
      activated: first.succession.pending,
      published: first.next.kid,
      retiring: first.succession.active,
    };
    const event = happened("keys.rotated", cause, rotated);
    const won = await store.rotate(set.version, steps, event);
    await load(await store.read());
    if (!won) return { kind: "lost-race" };
    logger?.info(rotated, "rotated the signing keys");
    return { kind: "rotated", ...rotated };
  }

  const happened = (
    kind: KeyEvent["kind"],
    cause: RotationCause,
    details: KeyEvent["details"],
  ): KeyEvent => ({ at: clock.now(), kind, outcome: "success", ...cause, details });

  return {
    ring: held.ring,

    async start() {
      await createMissing(await store.read());
      await load(await store.read());
      timer = setInterval(() => {
        polling = poll();
      }, deps.pollSeconds * 1000);
      timer.unref();
    },
    poll,

    async rotate(cause) {
      // Contenders of this replica wait for the one under way: had it won, they have lost.
      const { result, shared } = await rotateOnce(cause);
      return shared && result.kind === "rotated" ? { kind: "lost-race" } : result;
    },

    list: async () => (await store.read()).keys.map((key) => viewOf(key, rules)),
    isReady: () => readable,

    async stop() {
      clearInterval(timer);
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
