import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { aDemo, type Demo, type DemoName } from "./support/a-demo.ts";
import { count, figure } from "./support/figures.ts";
import { signInAt } from "./support/people.ts";

const NAMES: readonly DemoName[] = ["idp", "bank", "retirement"];

describe("npm start", () => {
  const onEmptyData: number[] = [];
  const onUsedData: number[] = [];
  const work = { onEmptyData: [] as number[], onUsedData: [] as number[] };
  const memory = new Map<string, number[]>();

  beforeAll(async () => {
    for (let round = 0; round < count(5); round += 1) {
      const directory = await mkdtemp(join(tmpdir(), "signet-start-"));
      const first = await aDemo(directory);
      onEmptyData.push(first.startedAfterMs / 1000);
      work.onEmptyData.push(first.workedMs / 1000);
      weigh("after the first start", first);
      await first.stop();

      const later = await aDemo(directory);
      onUsedData.push(later.startedAfterMs / 1000);
      work.onUsedData.push(later.workedMs / 1000);
      weigh("after a later start", later);
      if (round === 0) {
        await signInOften(later, count(200));
        weigh("after 200 sign-ins at both sites", later);
      }
      await later.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("says how much memory each process takes", () => {
    for (const [what, samples] of memory) figure({ id: "", what, unit: "MiB", samples });
    expect(memory.size).toBe(9);
  });

  it("answers at both sites within 8 s, on an empty data directory", () => {
    const measured = { id: "", what: "npm start, empty data", samples: onEmptyData };
    figure({
      ...measured,
      what: `${measured.what}: processor time`,
      unit: "s",
      samples: work.onEmptyData,
    });
    figure({ ...measured, unit: "s" }, { of: "median", atMost: 8 });
  });

  it("answers at both sites within 3 s, on a used one", () => {
    const measured = { id: "", what: "npm start, existing data", samples: onUsedData };
    figure({
      ...measured,
      what: `${measured.what}: processor time`,
      unit: "s",
      samples: work.onUsedData,
    });
    figure({ ...measured, unit: "s" }, { of: "median", atMost: 3 });
  });

  function weigh(when: string, demo: Demo): void {
    for (const name of NAMES) {
      const what = `memory of ${name}, ${when}`;
      memory.set(what, [...(memory.get(what) ?? []), demo.memory(name)]);
    }
  }
});

/** The same person in ever new browsers, at the bank with a password and at Evergreen without. */
async function signInOften(demo: Demo, times: number): Promise<void> {
  const [alice] = demo.signIns;
  if (!alice) throw new Error("the demo has nobody");
  for (let signIn = 0; signIn < times; signIn += 1) {
    const visitor = await signInAt(demo.bank, alice);
    await visitor.follow(demo.retirement);
  }
}
