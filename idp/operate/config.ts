// Where the `signet` command finds the identity provider and the operator's token: in the environment,
// or, for a demo on this machine, in its data directory.
import { join, resolve } from "node:path";
import { z } from "zod";
import { adminTokenFile } from "../demo/demo-secrets.ts";
import { findSecretFile } from "../demo/secret-file.ts";
import { runningFile } from "../running-file.ts";

export interface OperateConfig {
  /** An origin; `/admin/api` is appended to it. */
  readonly adminUrl: string;
  readonly adminToken: string;
}

/** Why the command cannot be carried out, in one line for the operator. */
export class Refusal extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Refusal naming the setting that is missing or malformed */
export function readOperateConfig(environment: Environment): OperateConfig {
  const dataDirectory = resolve(environment.DATA_DIR || "data");
  const running = runningFile(dataDirectory).find();
  const adminUrl = environment.ADMIN_URL || environment.ISSUER || running?.adminUrl;
  if (adminUrl === undefined)
    throw new Refusal(
      `ADMIN_URL is not set, and no demo is running in ${join(dataDirectory, "idp")}`,
    );
  if (!z.url({ protocol: /^https?$/ }).safeParse(adminUrl).success)
    throw new Refusal("ADMIN_URL must be an http or https URL");
  const adminToken = environment.ADMIN_TOKEN || findSecretFile(adminTokenFile(dataDirectory));
  if (adminToken === undefined) throw new Refusal("ADMIN_TOKEN is not set");
  return { adminUrl: new URL(adminUrl).origin, adminToken: adminToken.trim() };
}
