// What a soak has measured. Figures are kept in a file until the run has ended, and asserted where they
// are taken.
import { appendFileSync } from "node:fs";
import { expect, inject } from "vitest";

export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly most: number;
  /** In words: "p99 < 250". */
  readonly goal: string;
}

declare module "vitest" {
  interface ProvidedContext {
    soakFigures: string;
  }
}

interface Measured {
  readonly id: string;
  readonly what: string;
  readonly unit: "ms" | "s" | "MiB" | "%" | "";
  readonly samples: readonly number[];
}

interface Goal {
  readonly of: "median" | "p99" | "most";
  readonly atMost: number;
}

/** Keeps the figure for the table at the end, then holds it to its goal when it has one. */
export function figure(measured: Measured, goal?: Goal): Figure {
  const sorted = [...measured.samples].sort((a, b) => a - b);
  const taken: Figure = {
    id: measured.id,
    what: `${measured.what} (${inject("databaseKind")})`,
    unit: measured.unit,
    count: sorted.length,
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    most: sorted.at(-1) ?? Number.NaN,
    goal: goal === undefined ? "" : `${goal.of} ≤ ${goal.atMost}`,
  };
  appendFileSync(inject("soakFigures"), `${JSON.stringify(taken)}\n`);
  if (goal !== undefined) {
    expect(taken[goal.of], `${taken.id} ${taken.what}: ${goal.of}`).toBeLessThanOrEqual(
      goal.atMost,
    );
  }
  return taken;
}

/** The nearest rank. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** How long it took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** So many, or fewer by SOAK_SCALE; never fewer than `least`. */
export function count(full: number, least = 1): number {
  const scale = Number(process.env.SOAK_SCALE ?? 1);
  return Math.max(least, Math.round(full * (Number.isFinite(scale) && scale > 0 ? scale : 1)));
}
