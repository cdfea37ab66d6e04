// Prints what a soak has measured once it has ended, whatever failed in it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Figure } from "./figures.ts";

export default function setup(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), "signet-soak-"));
  const file = join(directory, "figures");
  project.provide("soakFigures", file);
  const loadBefore = load();
  return () => {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    const figures = lines.map((line) => JSON.parse(line) as Figure);
    rmSync(directory, { recursive: true, force: true });
    const machine = `${availableParallelism()} cores, load ${loadBefore} before and ${load()} after`;
    process.stdout.write(`\nMeasured, ${project.name}: ${machine}\n${table(figures)}\n`);
  };
}

const load = () => (loadavg()[0] ?? 0).toFixed(1);

const HEADINGS = ["", "what", "count", "median", "p99", "most", "", "goal"];

function table(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.id,
    one.what,
    String(one.count),
    ...[one.median, one.p99, one.most].map(readable),
    one.unit,
    one.goal,
  ]);
  const widths = HEADINGS.map((_, column) =>
    Math.max(...[HEADINGS, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  return [HEADINGS, ...rows]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}

const readable = (value: number) =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
