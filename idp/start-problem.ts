// Why a start failed, in one line that begins with the setting to look at. Everything foreseeable is
// here; what is not keeps its own words.
import { createServer } from "node:net";
import { KeyEncryptionKeyWrong, KeySealUnavailable } from "../keys/key-seal.ts";
import { reasonOf } from "../prisma/database-unavailable.ts";
import { DirectoryInUse } from "../prisma/directory-lock.ts";
import { SettingError } from "./config.ts";

/** A failure whose cause is known to lie with one setting. */
export class StartProblem extends Error {
  constructor(setting: string, problem: string, options?: ErrorOptions) {
    super(`${setting}: ${problem}`, options);
  }
}

/** One line, without the program's name and without secrets. */
export function startProblemLine(error: unknown): string {
  if (error instanceof SettingError || error instanceof StartProblem) return oneLine(error.message);
  return oneLine(`could not start: ${error instanceof Error ? error.message : String(error)}`);
}

export async function openedOr<T>(
  { databaseUrl }: { databaseUrl?: string },
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof DirectoryInUse)
      throw new StartProblem("DATA_DIR", cause.message, { cause });
    const setting = databaseUrl === undefined ? "DATA_DIR" : "DATABASE_URL";
    throw new StartProblem(setting, reasonOf(cause), { cause });
  }
}

export async function keysOr<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    if (cause instanceof KeySealUnavailable)
      throw new StartProblem("KEY_SEAL_COMMAND", cause.message, { cause });
    if (!(cause instanceof KeyEncryptionKeyWrong)) throw cause;
    throw new StartProblem("KEY_ENCRYPTION_KEYS", cause.message, { cause });
  }
}

/** @param setting  where the port comes from */
export async function listeningOr<T>(setting: string, port: number, listen: () => Promise<T>) {
  try {
    return await listen();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE")
      throw new StartProblem(setting, `port ${port} is in use by another program`, { cause });
    if (code === "EACCES")
      throw new StartProblem(setting, `port ${port} may not be used by this user`, { cause });
    if (code === "EADDRNOTAVAIL")
      throw new StartProblem("HOST", "is not an address of this machine", { cause });
    throw cause;
  }
}

/**
 * Before anything is opened: a port that is taken should cost nothing and change nothing.
 * @throws StartProblem
 */
export const requireFreePort = (setting: string, port: number, host: string): Promise<void> =>
  listeningOr(
    setting,
    port,
    () =>
      new Promise((resolve, reject) => {
        const probe = createServer();
        probe.once("error", reject);
        probe.listen({ port, host }, () => probe.close(() => resolve()));
      }),
  );

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();
