// The keys in memory: signs, hands out verification keys, and publishes. Loading them is
// key-lifecycle.ts; this never goes back to an older set than it has shown.
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../prisma/clock.ts";
import { compactJws, encodedHeader, type VerificationKey } from "./jws.ts";
import { SHORTEST_MAX_AGE_SECONDS } from "./key-rules.ts";
import { KeysUnavailable, type LoadedKeys, type Signer } from "./loaded-keys.ts";

export { KeysUnavailable } from "./loaded-keys.ts";

export interface KeyRing {
  /**
   * Signs a JWT with the active key of an algorithm, the first one unless another is named. The
   * payload is taken as given.
   * @throws KeysUnavailable
   */
  sign(header: { typ: string; alg?: string }, payload: Record<string, unknown>): Promise<string>;
  /**
   * Signs a probe with a pending key, which signs nothing else: what a site does with it tells how
   * it will do after the rotation.
   * @throws KeysUnavailable
   */
  signProbe(
    header: { typ: "key-probe+jwt"; alg: string },
    payload: Record<string, unknown>,
  ): Promise<{ token: string; kid: string }>;
  /** The published key of that name: a look-up and nothing else, whatever a token's header says. */
  verificationKey(kid: string): VerificationKey | undefined;
  /** For `id_token_hint`, which may be old: retired keys too, revoked ones never. */
  hintKey(kid: string): VerificationKey | undefined;
  /**
   * The JWKS answer. Never empty, never older than one given before.
   * @throws KeysUnavailable when no keys were ever loaded
   */
  publication(): { body: Buffer; etag: string; maxAgeSeconds: number };
  /** @throws KeysUnavailable */
  readonly activeKid: string;
  /** What there are active keys for, the usual one first. */
  readonly signingAlgs: readonly string[];
  /** What our keys have signed with, retired ones included: hints may be older than the settings. */
  readonly hintAlgs: readonly string[];
}

export interface RingDeps {
  readonly clock: Clock;
  readonly signingAlgs: readonly string[];
  readonly jwksMaxAgeSeconds: number;
  /** How long the ring signs with a set before it asks whether that still is the set. */
  readonly confirmEverySeconds: number;
  /** How long a new set is published before it is signed with, so that every replica publishes it by then. */
  readonly settleMilliseconds: number;
  /** Asks the database, and calls `adopt` or `confirm`; may throw all the same. */
  readonly refresh: () => Promise<void>;
}

/** The ring and what its lifecycle does to it. */
export function keyRing(deps: RingDeps) {
  const { clock, jwksMaxAgeSeconds, confirmEverySeconds, settleMilliseconds, refresh } = deps;
  const [usualAlg = ""] = deps.signingAlgs;
  let loaded: LoadedKeys | undefined;
  let offered = deps.signingAlgs;
  let confirmedAt = new Date(0);
  /** Who signed before the set in use, and goes on for a moment. */
  let former: { signers: ReadonlyMap<string, Signer>; until: number } = {
    signers: new Map(),
    until: 0,
  };

  function requireLoaded(): LoadedKeys {
    if (loaded === undefined) throw new KeysUnavailable("no signing keys have been loaded");
    return loaded;
  }

  const isConfirmed = () =>
    Math.abs(clock.now().getTime() - confirmedAt.getTime()) <= confirmEverySeconds * 1000;

  /**
   * A replica that was cut off may have missed a rotation. Signing on with the former key would
   * outlive its place in the JWKS (security K3), so the set is confirmed first.
   */
  async function requireConfirmed(): Promise<LoadedKeys> {
    requireLoaded();
    if (!isConfirmed()) {
      await refresh().catch((error: unknown) => {
        if (!isConfirmed()) throw error;
      });
    }
    return requireLoaded();
  }

  /** Whoever meets the new key asks for the set once, of any replica, and must be given the one after it too. */
  function signerOf(alg: string): Signer | undefined {
    const { active, published } = requireLoaded();
    const before = performance.now() < former.until ? former.signers.get(alg) : undefined;
    // One that was thrown out signs nothing more.
    return before !== undefined && published.has(before.kid) ? before : active.get(alg);
  }

  function requireSigner(alg: string): Signer {
    const signer = signerOf(alg);
    if (signer === undefined) throw new KeysUnavailable(`there is no active key for ${alg}`);
    return signer;
  }

  const signersNow = (algs: Iterable<string>): Map<string, Signer> =>
    new Map([...algs].map((alg) => [alg, requireSigner(alg)]));

  const ring: KeyRing = {
    async sign({ typ, alg = usualAlg }, payload) {
      await requireConfirmed();
      return signed(requireSigner(alg), typ, payload);
    },
    async signProbe({ typ, alg }, payload) {
      const signer = (await requireConfirmed()).pending.get(alg);
      if (signer === undefined) throw new KeysUnavailable(`there is no pending key for ${alg}`);
      return { token: await signed(signer, typ, payload), kid: signer.kid };
    },
    verificationKey: (kid) => loaded?.published.get(kid),
    hintKey: (kid) => loaded?.published.get(kid) ?? loaded?.retired.get(kid),
    publication() {
      const { jwks, activations } = requireLoaded();
      return { ...jwks, maxAgeSeconds: maxAge(jwksMaxAgeSeconds, activations, clock.now()) };
    },
    get activeKid() {
      return requireSigner(usualAlg).kid;
    },
    get signingAlgs() {
      return offered;
    },
    get hintAlgs() {
      return loaded?.hintAlgs ?? [];
    },
  };

  return {
    ring,
    get version(): number | undefined {
      return loaded?.version;
    },
    /**
     * Takes a set over, unless it is older than the one in use.
     * @param askedAt  before it was read: whatever changed since then is not in it
     */
    adopt(keys: LoadedKeys, askedAt: Date): void {
      if (loaded !== undefined && keys.version > loaded.version)
        former = {
          signers: signersNow(loaded.active.keys()),
          until: performance.now() + settleMilliseconds,
        };
      if (loaded === undefined || keys.version >= loaded.version) {
        loaded = keys;
        offered = deps.signingAlgs.filter((alg) => keys.active.has(alg));
      }
      confirmedAt = askedAt;
    },
    /** Resolves when the set in use is signed with. */
    async settled(): Promise<void> {
      // A timer may fire a moment early.
      while (performance.now() < former.until)
        await wait(Math.ceil(former.until - performance.now()));
    },
    confirm(askedAt: Date): void {
      confirmedAt = askedAt;
    },
  };
}

/**
 * How long a copy of the JWKS may be used unasked. Never past a moment when a pending key may begin
 * to sign, so that at this moment every copy is one that holds it (security K10).
 */
function maxAge(usualSeconds: number, activations: readonly Date[], now: Date): number {
  const ahead = activations
    .map((time) => Math.floor((time.getTime() - now.getTime()) / 1000))
    .filter((seconds) => seconds > 0);
  return Math.min(usualSeconds, Math.max(SHORTEST_MAX_AGE_SECONDS, Math.min(...ahead)));
}

/** Of each signer, by type: a handful, written once. */
const headers = new WeakMap<Signer, Map<string, string>>();

function headerOf(signer: Signer, typ: string): string {
  const { alg, kid } = signer;
  const known = headers.get(signer) ?? new Map<string, string>();
  headers.set(signer, known);
  const header = known.get(typ) ?? encodedHeader({ alg, typ, kid });
  known.set(typ, header);
  return header;
}

const signed = (signer: Signer, typ: string, payload: Record<string, unknown>): Promise<string> =>
  compactJws(headerOf(signer, typ), payload, signer);
