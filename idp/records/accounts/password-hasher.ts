// Passwords as argon2id PHC strings (RFC 9106, security P1), hashed in a bounded lane (P5).
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import argon2 from "argon2";
import { hashingLane, type LaneLimits } from "./hashing-lane.ts";
import { normalizePassword } from "./password-policy.ts";

export interface ArgonParameters {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** OWASP Password Storage: 19 MiB, two passes. */
const standard: ArgonParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Node's thread pool has four threads, two of which stay for signing. One core stays for everything else:
 * measured on two, hashing on both does a tenth more sign-ins and makes everybody else wait three times as long.
 */
const lane: LaneLimits = {
  concurrency: Math.max(1, Math.min(2, availableParallelism() - 1)),
  queue: 64,
  deadlineMs: 3_000,
};

export interface PasswordHasher {
  /** @throws Overloaded */
  hash(password: string): Promise<string>;
  /**
   * @param hash  undefined, where there is no such account or password, costs the same and is false
   * @throws Overloaded before any hashing
   */
  verify(
    hash: string | undefined,
    password: string,
  ): Promise<{ ok: boolean; needsRehash: boolean }>;
  /** Hashes computed or begun. */
  readonly count: number;
  readonly inFlight: number;
}

export function passwordHasher(
  options: Partial<LaneLimits> & { parameters?: ArgonParameters } = {},
): PasswordHasher {
  const { parameters: cost = standard, ...limits } = options;
  const bounded = hashingLane({ ...lane, ...limits });
  const nobody = nobodysHash(cost);
  let count = 0;

  const run = <T>(work: () => Promise<T>) =>
    bounded.run(() => {
      count += 1;
      return work();
    });

  return {
    get count() {
      return count;
    },
    get inFlight() {
      return bounded.inFlight;
    },
    hash: (password) =>
      run(() => argon2.hash(normalizePassword(password), { type: argon2.argon2id, ...cost })),

    async verify(hash, password) {
      const ok = await run(() => argon2.verify(hash ?? nobody, normalizePassword(password)));
      if (hash === undefined) return { ok: false, needsRehash: false };
      return { ok, needsRehash: ok && argon2.needsRehash(hash, cost) };
    },
  };
}

/** A hash of no password, that takes as long to refuse as a real one (P6). */
function nobodysHash({ memoryCost, timeCost, parallelism }: ArgonParameters): string {
  const unpadded = (bytes: number) => randomBytes(bytes).toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${unpadded(16)}$${unpadded(32)}`;
}
