// Whether this process should get requests. One failed look may be chance, so it takes two in a row to
// leave and two to come back; draining leaves at once. Liveness is another question: whoever cannot
// reach the database must not be restarted for it.
export type Check = () => boolean | Promise<boolean>;

export interface Readiness {
  /** Looks at everything now. The first look decides by itself. */
  probe(): Promise<void>;
  /** The last result of every check, and what follows from it. */
  report(): { ready: boolean; checks: Readonly<Record<string, boolean>> };
  /** No more requests, whatever the checks say. */
  drain(): void;
  /** Probes now and every second from now on, without keeping the process alive. */
  start(): Promise<void>;
  stop(): void;
}

export interface ReadinessDeps {
  /** By the name shown in the report, e.g. `database`, `keys`, `clock`. A check that throws has failed. */
  readonly checks: Readonly<Record<string, Check>>;
}

const looksToChange = 2;
const everyMilliseconds = 1000;
const longestCheckMilliseconds = 2000;

export function readiness({ checks }: ReadinessDeps): Readiness {
  let results: Readonly<Record<string, boolean>> = Object.fromEntries(
    Object.keys(checks).map((name) => [name, false]),
  );
  let ready = false;
  let contrary = 0;
  let looked = false;
  let draining = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    const looks = Object.entries(checks).map(
      async ([name, check]) => [name, await passes(check)] as const,
    );
    results = Object.fromEntries(await Promise.all(looks));
    const good = Object.values(results).every(Boolean);
    contrary = good === ready ? 0 : contrary + 1;
    if (!looked || contrary >= looksToChange) {
      ready = good;
      contrary = 0;
    }
    looked = true;
  };

  // One look at a time: a slow one must not be overtaken and then overrule the newer.
  let looking: Promise<void> | undefined;
  const probe = () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    probe,
    report: () => ({
      ready: ready && !draining,
      checks: { ...results, accepting: !draining },
    }),
    drain: () => {
      draining = true;
    },
    start: async () => {
      await probe();
      timer ??= setInterval(probe, everyMilliseconds).unref();
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

async function passes(check: Check): Promise<boolean> {
  let timeout: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    timeout = setTimeout(resolve, longestCheckMilliseconds, false).unref();
  });
  try {
    return await Promise.race([check(), tooLong]);
  } catch {
    return false;
  } finally {
    clearTimeout(timeout);
  }
}
