import { describe, expect, it } from "vitest";
import { readiness } from "../../../../idp/endpoints/health/readiness.ts";

describe("readiness (Z3)", () => {
  const world = () => {
    const state = { database: true, keys: true };
    const ready = readiness({
      checks: { database: () => state.database, keys: async () => state.keys },
    });
    return { state, ready };
  };

  it("Z3: is not ready before the first look, which decides by itself", async () => {
    const { ready } = world();
    expect(ready.report().ready).toBe(false);
    await ready.probe();
    expect(ready.report()).toEqual({
      ready: true,
      checks: { database: true, keys: true, accepting: true },
    });
  });

  it("Z3: one failed look changes nothing, two in a row do, and two good ones bring it back", async () => {
    const { state, ready } = world();
    await ready.probe();
    const seen: boolean[] = [];
    for (const up of [false, true, false, false, true, false, true, true]) {
      state.database = up;
      await ready.probe();
      seen.push(ready.report().ready);
    }
    expect(seen).toEqual([true, true, true, false, false, false, false, true]);
  });

  it("Z3: a check that throws has failed", async () => {
    const ready = readiness({
      checks: {
        database: () => {
          throw new Error("refused");
        },
        keys: () => Promise.reject(new Error("refused")),
      },
    });
    await ready.probe();
    expect(ready.report()).toMatchObject({
      ready: false,
      checks: { database: false, keys: false },
    });
  });

  it("Z5: draining leaves at once", async () => {
    const { ready } = world();
    await ready.probe();
    ready.drain();
    expect(ready.report()).toMatchObject({ ready: false, checks: { accepting: false } });
  });

  it("Z3: a look that is under way is not overtaken by another", async () => {
    let looks = 0;
    const release: (() => void)[] = [];
    const ready = readiness({
      checks: {
        database: () =>
          new Promise<boolean>((resolve) => {
            looks += 1;
            release.push(() => resolve(true));
          }),
      },
    });
    const both = Promise.all([ready.probe(), ready.probe()]);
    for (const go of release) go();
    await both;
    expect(looks).toBe(1);
  });
});
