// Several replicas over one database, as chance has it: clocks that disagree, polls that come late,
// processes that die. After each step, what must hold whatever happens (security K1 to K6).
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose";
import { expect } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { KeyRing } from "../../keys/key-ring.ts";
import type { KeyState } from "../../keys/signing-key.ts";
import type { Database } from "../../prisma/database.ts";
import {
  aKek,
  aKeyLifecycle,
  LEAD_SECONDS,
  LONGEST_TOKEN_SECONDS,
  readySite,
  removeAllKeys,
  SKEW_SECONDS,
  silentSite,
} from "./a-key-lifecycle.ts";
import { Crash, crashingDatabase } from "./crashing-database.ts";

export type Deed =
  | { kind: "poll" }
  | { kind: "rotate" }
  | { kind: "revoke"; state: KeyState }
  | { kind: "rewrap" }
  | { kind: "sign" };

export type Step =
  | { kind: "time"; seconds: number }
  /** One or several replicas at once. */
  | { kind: "deeds"; sitesAreReady: boolean; deeds: readonly (Deed & { by: number })[] }
  | { kind: "restart"; replica: number }
  /** Dies at this point of what it does, if it comes so far, and is started again. */
  | { kind: "crash"; sitesAreReady: boolean; deed: Deed & { by: number }; point: number };

export interface Story {
  /** How far each replica's clock is off, in seconds. */
  readonly skews: readonly number[];
  readonly steps: readonly Step[];
}

interface Replica {
  readonly skewSeconds: number;
  readonly keys: KeyLifecycle;
  crashAt(point: number): void;
  /** The step in which it last looked at the database. */
  heardIn: number;
  served: readonly string[];
  /** What it has served, and does no longer. */
  readonly gone: Set<string>;
  /** The step in which the key that it signs with began to. */
  signsSince: number;
}

/** What became of a key, by the true time and by the steps of the story. */
interface Seen {
  readonly publishedAt: number;
  readonly publishedIn: number;
  state: string;
  since: number;
  sinceIn: number;
  activatedIn?: number;
  /** It may sign sooner than the lead allows. */
  excused: boolean;
}

const cause = { actor: "account:ines" };
const ROTATION_SECONDS = 3 * LEAD_SECONDS;

/** Plays a story; throws at the first step after which something does not hold. */
export async function play({ skews, steps }: Story, handles: readonly Database[]): Promise<void> {
  const [first] = handles;
  if (first === undefined) throw new Error("a story needs a database");
  await removeAllKeys(first);
  const ready = readySite(first);
  let now = Date.parse("2026-03-01T12:00:00.000Z");
  let stepNumber = 0;
  let sitesAreReady = false;
  const spread = Math.max(...skews) - Math.min(...skews);
  const seen = new Map<string, Seen>();
  const tokens: { kid: string; expiresAt: number }[] = [];

  async function startReplica(index: number): Promise<Replica> {
    const skewSeconds = skews[index] ?? 0;
    const handle = crashingDatabase(handles[index % handles.length] ?? (first as Database));
    const keys = aKeyLifecycle(
      handle.database,
      { now: () => new Date(now + skewSeconds * 1000) },
      {
        // Each replica seals with another one, and opens both.
        keks: index % 2 === 0 ? [aKek(), aKek("kek-2", 9)] : [aKek("kek-2", 9), aKek()],
        rotationSeconds: ROTATION_SECONDS,
        recentSites: (...question) => (sitesAreReady ? ready : silentSite)(...question),
        mostChanges: 1_000_000,
      },
    );
    await keys.start();
    return {
      skewSeconds,
      keys,
      crashAt: (crashPoint) =>
        handle.atEachPoint((point) => {
          if (point >= crashPoint) throw new Crash();
        }),
      heardIn: stepNumber,
      served: [],
      gone: new Set(),
      signsSince: 0,
    };
  }

  const replicas: Replica[] = [];
  for (const index of skews.keys()) replicas.push(await startReplica(index));
  await look();

  for (const step of steps) {
    stepNumber += 1;
    sitesAreReady = "sitesAreReady" in step && step.sitesAreReady;
    await take(step);
    await look();
    for (const replica of replicas) await holds(replica);
  }
  for (const { keys } of replicas) await keys.stop();

  async function take(step: Step): Promise<void> {
    if (step.kind === "time") now += step.seconds * 1000;
    else if (step.kind === "deeds")
      await Promise.all(step.deeds.map(({ by, ...deed }) => act(replicaAt(by), deed)));
    else if (step.kind === "restart") await restart(step.replica);
    else {
      const { by, ...deed } = step.deed;
      const replica = replicaAt(by);
      replica.crashAt(step.point);
      await act(replica, deed).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      await restart(by);
    }
  }

  async function restart(index: number): Promise<void> {
    const at = index % replicas.length;
    await replicas[at]?.keys.stop();
    replicas[at] = await startReplica(at);
  }

  async function act(replica: Replica, deed: Deed): Promise<void> {
    const { keys } = replica;
    if (deed.kind === "sign") return sign(replica);
    if (deed.kind === "poll") await keys.poll();
    if (deed.kind === "rotate") await keys.rotate(cause);
    if (deed.kind === "rewrap") await keys.rewrap(cause);
    if (deed.kind === "revoke") {
      const [key] = await inState(deed.state);
      if (key) await keys.revoke({ kid: key.kid, cause, alongside: async () => {} });
    }
    await keys.poll();
    replica.heardIn = stepNumber;
  }

  async function sign(replica: Replica): Promise<void> {
    const clock = Math.floor(now / 1000 + replica.skewSeconds);
    const exp = clock + LONGEST_TOKEN_SECONDS;
    const token = await replica.keys.ring.sign({ typ: "JWT" }, { iat: clock, exp });
    const { kid = "" } = decodeProtectedHeader(token);
    await look();
    const { publishedAt, excused, state, since } = requireSeen(kid);
    // K2: never before everybody can have met it, as far as two clocks can tell.
    if (!excused) expect(now - publishedAt).toBeGreaterThanOrEqual((LEAD_SECONDS - spread) * 1000);
    // K3, K4: not with a key that stopped signing, for longer than a replica may be unsure.
    if (state !== "active") expect(now - since).toBeLessThanOrEqual(SKEW_SECONDS * 1000);
    // Revoked by another replica in this very step.
    if (state === "revoked") return;
    await jwtVerify(token, createLocalJWKSet(jwksOf(replica.keys.ring)), {
      currentDate: new Date(clock * 1000),
    });
    tokens.push({ kid, expiresAt: exp * 1000 });
  }

  /** Looks at the database: which keys there are, and what became of them in this step. */
  async function look(): Promise<void> {
    const rows = (await first?.orm.signingKey.findMany()) ?? [];
    const revocations = await first?.orm.auditEvent.findMany({ where: { kind: "keys.revoked" } });
    const promoted = new Set(revocations?.map(({ details }) => memberOf(details, "activated")));
    for (const { kid, state, activatedAt } of rows) {
      const key = seen.get(kid) ?? {
        publishedAt: now,
        publishedIn: stepNumber,
        state: "",
        since: now,
        sinceIn: stepNumber,
        excused: false,
      };
      seen.set(kid, key);
      if (key.state !== state) Object.assign(key, { state, since: now, sinceIn: stepNumber });
      if (activatedAt === null || key.activatedIn !== undefined) continue;
      key.activatedIn = stepNumber;
      key.excused = stepNumber === 0 || sitesAreReady || promoted.has(kid);
    }
    // K1, K5: whatever happened, one key signs and one waits.
    const states = rows.map(({ state }) => state);
    expect(states.filter((state) => state === "active")).toHaveLength(1);
    expect(states.filter((state) => state === "pending")).toHaveLength(1);
  }

  async function holds(replica: Replica): Promise<void> {
    const { ring } = replica.keys;
    const served = kidsIn(ring);
    // K5: never empty.
    expect(served.length).toBeGreaterThanOrEqual(2);
    // Never an older set than before: what was there leaves for a reason, and for good.
    for (const kid of replica.served.filter((before) => !served.includes(before))) {
      expect(["retired", "revoked"]).toContain(requireSeen(kid).state);
      replica.gone.add(kid);
    }
    for (const kid of served) expect(replica.gone).not.toContain(kid);
    const { activatedIn = Number.NaN } = requireSeen(ring.activeKid);
    expect(activatedIn).toBeGreaterThanOrEqual(replica.signsSince);
    Object.assign(replica, { served, signsSince: activatedIn });
    // K4: what is revoked is gone wherever somebody has looked since.
    for (const [kid, { state, sinceIn }] of seen)
      if (state === "revoked" && replica.heardIn > sinceIn) expect(served).not.toContain(kid);
    // K3: every token that is good verifies wherever its key can be known.
    for (const { kid, expiresAt } of tokens) {
      const { state, publishedIn } = requireSeen(kid);
      if (expiresAt > now && state !== "revoked" && replica.heardIn > publishedIn)
        expect(served).toContain(kid);
    }
  }

  async function inState(state: KeyState): Promise<{ kid: string }[]> {
    return (await first?.orm.signingKey.findMany({ where: { state } })) ?? [];
  }

  function requireSeen(kid: string): Seen {
    const key = seen.get(kid);
    if (key === undefined) throw new Error(`a key that was never in the database: ${kid}`);
    return key;
  }

  function replicaAt(index: number): Replica {
    const replica = replicas[index % replicas.length];
    if (replica === undefined) throw new Error("no replica");
    return replica;
  }
}

const jwksOf = (ring: KeyRing): JSONWebKeySet => JSON.parse(ring.publication().body.toString());
const kidsIn = (ring: KeyRing): string[] => jwksOf(ring).keys.map(({ kid = "" }) => kid);

const memberOf = (details: unknown, name: string): unknown =>
  typeof details === "object" && details !== null ? Reflect.get(details, name) : undefined;
