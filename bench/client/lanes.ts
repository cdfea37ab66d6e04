// Callers that each ask one question after another: what came of them in a while.
export type Operation = () => Promise<void>;

export interface Sample {
  readonly count: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

/** Runs every lane's operation again and again for this long; an operation that fails ends the run. */
export async function runFor(lanes: readonly Operation[], seconds: number): Promise<Sample> {
  const began = performance.now();
  const until = began + seconds * 1000;
  const latenciesMs: number[] = [];
  await Promise.all(
    lanes.map(async (operation) => {
      for (let start = performance.now(); start < until; ) {
        await operation();
        const end = performance.now();
        latenciesMs.push(end - start);
        start = end;
      }
    }),
  );
  return { count: latenciesMs.length, seconds: (performance.now() - began) / 1000, latenciesMs };
}

/** Runs each lane's operation exactly this often. */
export async function runTimes(lanes: readonly Operation[], times: number): Promise<number> {
  await Promise.all(
    lanes.map(async (operation) => {
      for (let done = 0; done < times; done += 1) await operation();
    }),
  );
  return lanes.length * times;
}
