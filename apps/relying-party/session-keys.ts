import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY_BYTES = 32;

/**
 * Reads "key,key,…", each 256 bits in base64url. The first seals, all of them open, so that a new key can be
 * put in front without signing anyone out.
 */
export function parseSessionKeys(text: string): Uint8Array[] {
  return text.split(",").map((part, index) => {
    const encoded = part.trim();
    const key = Buffer.from(encoded, "base64url");
    if (key.length !== KEY_BYTES || key.toString("base64url") !== encoded) {
      throw new Error(`key ${index + 1} is not ${KEY_BYTES} bytes in base64url`);
    }
    return new Uint8Array(key);
  });
}

/** The keys that a site without SESSION_KEYS makes for itself once, readable by its own user only. */
export function makeSessionKeys(dataDirectory: string): string {
  const file = join(dataDirectory, "session-keys");
  mkdirSync(dataDirectory, { recursive: true });
  try {
    // "wx": of two starts at once one creates the file, the other reads it.
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString("base64url")}\n`, {
      flag: "wx",
      mode: 0o600,
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(file, "utf8").trim();
}
