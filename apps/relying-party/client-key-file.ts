// Where this site's own key is kept: made once, by whichever of several instances is first, and never
// replaced. A file that holds anything else is somebody's mistake, and left as it is.
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type ClientKey, clientKey, KeptClientKey, newClientKey } from "./client-key.ts";
import type { Clock } from "./clock.ts";
import { parseJson } from "./json.ts";
import { SiteConfigError } from "./site-config.ts";

/**
 * The key in the file, which is made when there is none.
 * @throws SiteConfigError with one line naming the file
 */
export async function clientKeyIn(path: string, clock: Clock): Promise<ClientKey> {
  const text = await textOf(path);
  if (text !== undefined) return keyOf(path, text, clock);
  await put(path, JSON.stringify(await newClientKey()));
  // Another instance may have been first.
  return keyOf(path, (await textOf(path)) ?? "", clock);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new SiteConfigError(`CLIENT_KEY_FILE: cannot read ${path}`, { cause });
  }
}

async function keyOf(path: string, text: string, clock: Clock): Promise<ClientKey> {
  try {
    return await clientKey(KeptClientKey.parse(parseJson(text)), clock);
  } catch (cause) {
    const problem = `CLIENT_KEY_FILE: ${path} is not a P-256 private key as a JWK`;
    throw new SiteConfigError(problem, { cause });
  }
}

/** Whole or not at all, and only where nothing is. */
async function put(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, text, { mode: 0o600 });
    await link(beside, path);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return;
    throw new SiteConfigError(`CLIENT_KEY_FILE: cannot write ${path}`, { cause });
  } finally {
    await rm(beside, { force: true });
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;
