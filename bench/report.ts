// What a run has found, as tables.
import { cpus } from "node:os";
import type { Row } from "./goals.ts";
import type { Comparison, Figures, Pace } from "./measure/compare.ts";

export interface Measured {
  readonly row: Row;
  readonly comparison: Comparison;
}

export interface Whole {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number;
  /** At most so many times the peer's. */
  readonly mustReach: number;
}

export interface Setting {
  readonly postgresql: string;
  readonly isPinned: boolean;
  readonly pace: Pace;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

const two = (value: number) => value.toFixed(2);
const whole = (value: number) => Math.round(value).toLocaleString("en").replaceAll(",", " ");

export function report(
  measured: readonly Measured[],
  wholes: readonly Whole[],
  { postgresql, isPinned, pace }: Setting,
): string {
  const { callers, warmUpSeconds, sampleSeconds, rounds } = pace;
  return `${[
    `Node ${process.version}, PostgreSQL ${postgresql} with durable commits, ${cpus()[0]?.model.trim() ?? "?"}, ${cpus().length} cores${isPinned ? ": the server under test on one, everything else on the others" : ""}.`,
    `${callers} callers; each server ${rounds * 2} times ${sampleSeconds} s, in the order A B B A, after ${warmUpSeconds} s of warming up; medians.`,
    "",
    table(
      ["flow", "least work", "Signet /s", "peer /s", "ratio", "must reach", "ratio of CPU"],
      measured.map(({ row, comparison: { flow, figures } }) => {
        const [ours, theirs] = pairOf(figures);
        const ratio = ours.perSecond / theirs.perSecond;
        return [
          flow,
          row.leastWork,
          whole(ours.perSecond),
          whole(theirs.perSecond),
          two(ratio),
          `${row.mustReach}${ratio >= row.stretch ? " (and the stretch)" : ratio >= row.mustReach ? " (yes)" : " (missed)"}`,
          two(theirs.cpuMs / ours.cpuMs),
        ];
      }),
    ),
    "",
    table(
      ["flow", "server", "CPU ms", "median ms", "p99 ms", "statements", "WAL bytes"],
      measured.flatMap(({ comparison: { flow, names, figures } }) =>
        figures.map((one, at) => [
          at === 0 ? flow : "",
          names[at] ?? "",
          one.cpuMs.toFixed(3),
          one.medianMs.toFixed(1),
          one.p99Ms.toFixed(1),
          one.statements.toFixed(1),
          whole(one.walBytes),
        ]),
      ),
    ),
    "",
    table(
      ["", "Signet", "peer", "ratio", "at most"],
      wholes.map(({ what, unit, ours, theirs, mustReach }) => [
        what,
        `${two(ours)} ${unit}`,
        `${two(theirs)} ${unit}`,
        two(ours / theirs),
        `${mustReach}${ours / theirs <= mustReach ? " (yes)" : " (missed)"}`,
      ]),
    ),
  ].join("\n")}\n`;
}

function pairOf([ours, theirs]: readonly Figures[]): [Figures, Figures] {
  if (!ours || !theirs) throw new Error("a comparison of fewer than two");
  return [ours, theirs];
}
