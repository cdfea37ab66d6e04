// The `signet` command as an operator starts it: a process of its own, in an environment of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { aProcess, endProcesses } from "../../support/a-process.ts";
import { ADMIN_TOKEN, type TestIdp } from "../../support/an-idp.ts";

/** One line, as every refusal is. */
export const oneLine = /^[^\n]+\n$/;

interface Run {
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export async function anOperatorsMachine({ issuer }: Pick<TestIdp, "issuer">) {
  const directory = await mkdtemp(join(tmpdir(), "signet-operate-"));
  afterAll(async () => {
    endProcesses();
    await rm(directory, { recursive: true });
  });

  /** Begins the command; the test watches it. */
  const begin = (args: readonly string[], { stdin = "", environment = {} }: Run = {}) =>
    aProcess(
      "idp/operate/signet.ts",
      args,
      { ADMIN_URL: issuer, ADMIN_TOKEN, DATA_DIR: directory, ...environment },
      stdin,
    );

  /** Runs the command to its end. */
  const signet = async (args: readonly string[], run?: Run) => {
    const { code, stdout, stderr } = await begin(args, run).ended;
    return { code, stdout, stderr, json: () => JSON.parse(stdout) };
  };

  return { directory, begin, signet };
}

export type OperatorsMachine = Awaited<ReturnType<typeof anOperatorsMachine>>;
