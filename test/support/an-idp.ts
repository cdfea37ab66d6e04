// A whole identity provider for tests: the real application on a real database over real HTTP, with a
// clock that the test moves.
import { inject } from "vitest";
import { createIdp, type Idp } from "../../idp/app.ts";
import { type Config, readConfig } from "../../idp/config.ts";
import { createLogger } from "../../idp/http/logger.ts";
import { listen } from "../../idp/http/server.ts";
import type { Account } from "../../idp/records/accounts/account.ts";
import type { Database } from "../../prisma/database.ts";
import { openTestDatabase } from "./databases.ts";
import { freePort } from "./free-port.ts";
import { type MovableClock, movableClock } from "./movable-clock.ts";

export const ADMIN_TOKEN = "test-operator-token-0123456789abcdef";
export const REGISTRATION_TOKEN = "test-registration-token-0123456789abcdef";
/** The key-encryption key of every provider here. */
export const TEST_KEK = { id: "test", key: Buffer.alloc(32, 7) };
const TEST_KEY = `${TEST_KEK.id}:${TEST_KEK.key.toString("base64")}`;
const causedByTest = { actor: "test" };

export interface IdpOptions {
  /** Settings beside the tests' own; undefined unsets one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly database?: Database;
  readonly clock?: MovableClock;
  readonly port?: number;
  /** Whether it looks every second for what another instance has changed or has left to send. */
  readonly followsOthers?: boolean;
  /** Where log lines go; nowhere otherwise. */
  readonly log?: (line: string) => void;
}

export interface TestIdp {
  readonly issuer: string;
  readonly config: Config;
  readonly database: Database;
  readonly clock: MovableClock;
  /** What the doors stand on, for arranging a test. */
  readonly known: Idp["capabilities"];
  readonly idp: Idp;
  close(): Promise<void>;
}

export async function anIdp(options: IdpOptions = {}): Promise<TestIdp> {
  const port = options.port ?? (await freePort());
  const clock = options.clock ?? movableClock();
  const database = options.database ?? (await openTestDatabase());
  const issuer = `http://id.localhost:${port}`;
  const config = readConfig(
    {
      ISSUER: issuer,
      PORT: String(port),
      ADMIN_TOKEN,
      REGISTRATION_TOKEN,
      KEY_ENCRYPTION_KEYS: TEST_KEY,
      LOG_LEVEL: options.log ? "trace" : "silent",
      KEY_POLL_SECONDS: "60",
      PKCE_FOR: inject("pkceFor"),
      ...options.environment,
    },
    () => ({ KEY_ENCRYPTION_KEYS: TEST_KEY, ADMIN_TOKEN }),
  );
  const { log } = options;
  const logger = createLogger({
    level: config.logLevel,
    ...(log && { destination: { write: log } }),
  });
  const idp = createIdp({ config, database, clock, logger });
  await idp.start();
  // Looking for other replicas' changes costs statements at any moment; tests count statements.
  if (!options.followsOthers) {
    idp.capabilities.clients.stop();
    await idp.capabilities.sender.stop();
  }
  const server = await listen({ app: idp.callback, port: config.port, host: "127.0.0.1" });
  return {
    issuer: config.issuer,
    config,
    database,
    clock,
    known: idp.capabilities,
    idp,
    async close() {
      idp.drain();
      await server.drain();
      await idp.stop();
    },
  };
}

export interface Person {
  readonly account: Account;
  readonly email: string;
  readonly password: string;
}

/** Somebody with a password. Hashing is real, so make one for many tests. */
export async function aPerson(
  { known, clock }: TestIdp,
  { email = "alice@example.test", name = "Alice Moreau", ...rest }: Partial<NewPerson> = {},
): Promise<Person> {
  const password = `correct horse battery ${email}`;
  const account = await known.accounts.add(
    {
      email,
      name,
      claims: rest.claims ?? {},
      emailVerified: true,
      isAdmin: rest.isAdmin ?? false,
      isKeyAdmin: rest.isKeyAdmin ?? false,
      isDemo: false,
      passwordHash: await known.hasher.hash(password),
    },
    clock.now(),
    causedByTest,
  );
  return { account, email, password };
}

interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly isKeyAdmin: boolean;
  readonly claims: Record<string, unknown>;
}
