// Where `npm start` puts the three processes, and what each of them is told.
import { resolve } from "node:path";
import { z } from "zod";
import { type Environment, SettingError } from "../config.ts";
import { isLoopbackHost } from "../protocol/redirect-uri.ts";

export interface DemoProcess {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  /** What shows that a person can use it. */
  readonly proof: { readonly path: string; readonly isReady: (status: number) => boolean };
  /** The setting that moves it. */
  readonly portSetting: string;
  /** Its main file, from the project's root and without its ending. */
  readonly main: string;
  readonly environment: Environment;
}

export interface DemoSettings {
  readonly dataDirectory: string;
  readonly idp: DemoProcess;
  readonly bank: DemoProcess;
  readonly retirement: DemoProcess;
}

const port = (byDefault: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((value) => value >= 1 && value <= 65_535)
    .default(byDefault);

const DemoEnvironment = z.object({
  DATA_DIR: z.string().default("data"),
  IDP_PORT: port(4000),
  BANK_PORT: port(4001),
  RETIREMENT_PORT: port(4002),
  ISSUER: z.string().optional(),
  LOG_LEVEL: z.string().default("warn"),
});

/** @throws SettingError */
export function readDemoSettings(environment: Environment): DemoSettings {
  const given = Object.keys(DemoEnvironment.shape).map((name) => [
    name,
    environment[name] || undefined,
  ]);
  const parsed = DemoEnvironment.safeParse(Object.fromEntries(given));
  if (!parsed.success)
    throw new SettingError(String(parsed.error.issues[0]?.path[0]), "must be a port, 1 to 65535");
  const { IDP_PORT, BANK_PORT, RETIREMENT_PORT, LOG_LEVEL } = parsed.data;
  if (new Set([IDP_PORT, BANK_PORT, RETIREMENT_PORT]).size < 3)
    throw new SettingError("IDP_PORT, BANK_PORT and RETIREMENT_PORT", "must be three ports");
  const dataDirectory = resolve(parsed.data.DATA_DIR);
  const issuer = parsed.data.ISSUER ?? `http://id.localhost:${IDP_PORT}`;
  requireHere(issuer, IDP_PORT);

  // Settings of another process must not reach these: HOST, say, would open them to the network.
  const common = { ...environment, LOG_LEVEL, HOST: "127.0.0.1", ISSUER: issuer };
  const site = (name: "bank" | "retirement", label: string, portSetting: string, at: number) => {
    const address = `http://${name}.localhost:${at}`;
    return {
      label,
      address,
      port: at,
      portSetting,
      proof: SITE_PROOF,
      main: `apps/${name}/main`,
      environment: {
        ...common,
        ...UNSET_AT_SITES,
        PORT: String(at),
        BASE_URL: address,
        DATA_DIR: resolve(dataDirectory, name),
      },
    };
  };
  return {
    dataDirectory,
    idp: {
      label: "Signet",
      address: issuer,
      port: IDP_PORT,
      portSetting: "IDP_PORT",
      proof: IDP_PROOF,
      main: "idp/main",
      environment: {
        ...common,
        DEMO: "true",
        PORT: String(IDP_PORT),
        BANK_PORT: String(BANK_PORT),
        RETIREMENT_PORT: String(RETIREMENT_PORT),
        DATA_DIR: dataDirectory,
      },
    },
    bank: site("bank", "Harbour Bank", "BANK_PORT", BANK_PORT),
    retirement: site("retirement", "Evergreen Retirement", "RETIREMENT_PORT", RETIREMENT_PORT),
  };
}

export const IDP_PROOF: DemoProcess["proof"] = {
  path: "/health/ready",
  isReady: (status) => status === 200,
};

/**
 * A site that has run before serves people before the identity provider is up, and says so on its
 * health page. Here everybody is new: it is ready when it sends them to sign in.
 */
const SITE_PROOF: DemoProcess["proof"] = {
  path: "/",
  isReady: (status) => status >= 300 && status < 400,
};

/** The demo's sites have credentials and keys of their own, in files. */
const UNSET_AT_SITES = {
  CLIENT_ID: undefined,
  CLIENT_SECRET: undefined,
  CLIENT_SECRET_FILE: undefined,
  SESSION_KEYS: undefined,
};

function requireHere(issuer: string, idpPort: number): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url?.protocol !== "http:" || !isLoopbackHost(url.hostname) || url.port !== String(idpPort))
    throw new SettingError(
      "ISSUER",
      `must be http on a loopback host with port ${idpPort}, or unset`,
    );
}
