import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { DemoSecrets } from "../config.ts";
import { secretFile } from "./secret-file.ts";

export const adminTokenFile = (dataDirectory: string) => join(dataDirectory, "idp", "admin-token");

/** What production asks an operator for, made once under `DATA_DIR` (design: demo secrets). */
export const demoSecrets: DemoSecrets = (dataDirectory) => ({
  KEY_ENCRYPTION_KEYS: secretFile(
    join(dataDirectory, "idp", "kek"),
    () => `demo:${randomBytes(32).toString("base64")}\n`,
  ).trim(),
  ADMIN_TOKEN: secretFile(
    adminTokenFile(dataDirectory),
    () => `${randomBytes(32).toString("base64url")}\n`,
  ).trim(),
});
