import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aProcess, endProcesses, type Started } from "../support/a-process.ts";
import { anOperator } from "../support/an-operator.ts";
import { createDatabase, databaseKind } from "../support/databases.ts";
import { freePort } from "../support/free-port.ts";
import { localFetch } from "../support/local-fetch.ts";

const token = randomBytes(32).toString("base64url");
const newKey = () => `test:${randomBytes(32).toString("base64")}`;

/** Real processes, perhaps on a machine that is busy with other tests. */
const PATIENTLY = { timeout: 120_000 };

type Environment = Record<string, string | undefined>;

const directories: string[] = [];

/** An installation of its own: settings with which the identity provider starts. */
async function anInstallation(): Promise<Environment & { PORT: string; ISSUER: string }> {
  const directory = await mkdtemp(join(tmpdir(), "signet-start-"));
  directories.push(directory);
  const port = await freePort();
  return {
    ISSUER: `http://localhost:${port}`,
    PORT: String(port),
    DATA_DIR: directory,
    KEY_ENCRYPTION_KEYS: newKey(),
    ADMIN_TOKEN: token,
    ...(databaseKind() === "postgresql" && { DATABASE_URL: await createDatabase() }),
  };
}

const start = (environment: Environment): Started => aProcess("idp/main.ts", [], environment);

async function startAndWait(environment: Environment): Promise<Started> {
  const started = start(environment);
  await started.says('"listening"');
  return started;
}

/** @returns the one line that the start was refused with */
async function refusalOf(environment: Environment): Promise<string> {
  const { code, stderr } = await start(environment).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^signet: [^\n]+\n$/);
  return stderr.trim().replace(/^signet: /, "");
}

async function stop({ child, ended }: Started): Promise<number | null> {
  child.kill("SIGTERM");
  return (await ended).code;
}

afterAll(async () => {
  endProcesses();
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describe("a start that cannot succeed", PATIENTLY, () => {
  it("names a malformed setting", async () => {
    const environment = await anInstallation();
    expect(await refusalOf({ ...environment, CODE_TTL_SECONDS: "soon" })).toMatch(
      /^CODE_TTL_SECONDS must be a whole number of seconds/,
    );
    expect(await readdir(environment.DATA_DIR ?? "")).toEqual([]);
  });

  it("names a missing secret", async () => {
    const environment = await anInstallation();
    expect(await refusalOf({ ...environment, KEY_ENCRYPTION_KEYS: undefined })).toMatch(
      /^KEY_ENCRYPTION_KEYS is required/,
    );
  });

  it("names DATABASE_URL when nobody answers there, without its password", async () => {
    const url = `postgresql://signet:canary-Vt8Q@127.0.0.1:${await freePort()}/signet`;
    const refusal = await refusalOf({ ...(await anInstallation()), DATABASE_URL: url });
    expect(refusal).toMatch(/^DATABASE_URL: /);
    expect(refusal).not.toContain("canary-Vt8Q");
  });

  it("K7: names KEY_SEAL_COMMAND when that does not start, or refuses, and makes no key", async () => {
    const environment = await anInstallation();
    const sealed = { ...environment, KEY_ENCRYPTION_KEYS: "hsm:command" };
    expect(await refusalOf({ ...sealed, KEY_SEAL_COMMAND: "/nowhere/seal" })).toBe(
      "KEY_SEAL_COMMAND: the seal command (/nowhere/seal wrap) does not start: spawn /nowhere/seal ENOENT",
    );
    expect(await refusalOf({ ...sealed, KEY_SEAL_COMMAND: "false" })).toBe(
      "KEY_SEAL_COMMAND: the seal command (false wrap) ended with code 1: no reason",
    );
    const running = await startAndWait(environment);
    const { body } = await anOperator({ issuer: environment.ISSUER }, token)("GET", "/keys");
    expect(body.keys).toHaveLength(2);
    expect(await stop(running)).toBe(0);
  });

  it("names SIGNING_ALGS when it lacks what a client's ID tokens are signed with", async () => {
    const environment = await anInstallation();
    const operator = anOperator({ issuer: environment.ISSUER }, token);
    const withElliptic = { ...environment, SIGNING_ALGS: "RS256,ES256" };
    const running = await startAndWait(withElliptic);
    const added = await operator("POST", "/clients", {
      client_id: "elliptic",
      client_name: "Elliptic",
      redirect_uris: ["https://elliptic.example/callback"],
      id_token_signed_response_alg: "ES256",
    });
    expect(added.status).toBe(201);
    await stop(running);
    expect(await refusalOf(environment)).toMatch(
      /^SIGNING_ALGS: must include ES256 while the ID tokens of elliptic are signed with it; /,
    );

    const again = await startAndWait(withElliptic);
    const change = { id_token_signed_response_alg: "RS256" };
    expect((await operator("PATCH", "/clients/elliptic", change)).status).toBe(200);
    await stop(again);
    expect(await stop(await startAndWait(environment))).toBe(0);
  });

  it("names DATA_DIR when it cannot be written", async () => {
    const environment = await anInstallation();
    const file = join(environment.DATA_DIR ?? "", "file");
    await writeFile(file, "in the way");
    const demo = { ...environment, DEMO: "true", DATA_DIR: file, KEY_ENCRYPTION_KEYS: undefined };
    expect(await refusalOf(demo)).toMatch(/^DATA_DIR /);
  });

  it("names PORT when another program has it", async () => {
    const environment = await anInstallation();
    const squatter = createServer();
    await new Promise<void>((resolve) =>
      squatter.listen(Number(environment.PORT), "127.0.0.1", resolve),
    );
    expect(await refusalOf(environment)).toBe(
      `PORT: port ${environment.PORT} is in use by another program`,
    );
    await new Promise((resolve) => squatter.close(resolve));
    expect(await readdir(environment.DATA_DIR ?? "")).toEqual([]);
  });
});

describe("an installation that runs", PATIENTLY, () => {
  let environment: Awaited<ReturnType<typeof anInstallation>>;
  let running: Started;
  let operator: ReturnType<typeof anOperator>;

  beforeAll(async () => {
    environment = await anInstallation();
    running = await startAndWait(environment);
    operator = anOperator({ issuer: environment.ISSUER }, token);
  }, PATIENTLY.timeout);

  it("P9: holds no account, client or secret of its own when it is fresh", async () => {
    expect((await operator("GET", "/accounts")).body.accounts).toEqual([]);
    expect((await operator("GET", "/clients")).body.clients).toEqual([]);
    const files = await readdir(environment.DATA_DIR ?? "", { recursive: true });
    const secrets = files.filter((file) => /kek|admin-token|\.json$/.test(file));
    expect(secrets).toEqual([]);
  });

  it("K7: refuses another key-encryption key, and changes nothing", async () => {
    const before = (await operator("GET", "/keys")).body;
    await stop(running);
    const refusal = await refusalOf({ ...environment, KEY_ENCRYPTION_KEYS: newKey() });
    expect(refusal).toMatch(/^KEY_ENCRYPTION_KEYS: /);
    running = await startAndWait(environment);
    expect((await operator("GET", "/keys")).body).toEqual(before);
  });

  it("K7: refuses to go on without the key-encryption key that sealed its keys, and names it", async () => {
    await stop(running);
    const other = newKey().replace(/^test:/, "2026-11:");
    const refusal = await refusalOf({ ...environment, KEY_ENCRYPTION_KEYS: other });
    expect(refusal).toMatch(
      /^KEY_ENCRYPTION_KEYS: The signing key \S+ is sealed under the key "test", which KEY_ENCRYPTION_KEYS does not hold$/,
    );
    running = await startAndWait(environment);
  });

  it("refuses to become a demo once it holds an account", async () => {
    const added = await operator("POST", "/accounts", { email: "a@example.test", name: "A" });
    expect(added.status).toBe(201);
    await stop(running);
    expect(await refusalOf({ ...environment, DEMO: "true" })).toMatch(/^DEMO must not be true/);
    running = await startAndWait(environment);
    expect((await operator("GET", "/accounts")).body.accounts).toHaveLength(1);
  });

  it("Z10: lets no second process at its embedded database", async () => {
    const port = String(await freePort());
    const second = { ...environment, PORT: port, ISSUER: `http://localhost:${port}` };
    if (databaseKind() === "pglite") {
      expect(await refusalOf(second)).toMatch(
        new RegExp(`^DATA_DIR: .* in use by process ${running.child.pid}$`),
      );
    } else {
      // PostgreSQL is made to be shared.
      expect(await stop(await startAndWait(second))).toBe(0);
    }
    expect((await operator("GET", "/keys")).status).toBe(200);
  });

  it("Z10, Z6, Z5: runs several processes on one port with PostgreSQL alone, and puts new ones in their places on SIGUSR2 with every request answered", async () => {
    const port = String(await freePort());
    const issuer = `http://localhost:${port}`;
    const several = { ...environment, PORT: port, ISSUER: issuer, WEB_CONCURRENCY: "2" };
    if (databaseKind() === "pglite") {
      expect(await refusalOf(several)).toMatch(/^WEB_CONCURRENCY must be 1 without DATABASE_URL/);
      return;
    }
    const both = start(several);
    const said = (what: string) => both.output().stdout.split(`"${what}"`).length - 1;
    const hasSaid = async (what: string, times: number) => {
      while (said(what) < times) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await hasSaid("listening", 2);
    expect((await anOperator({ issuer }, token)("GET", "/keys")).status).toBe(200);

    both.child.kill("SIGUSR2");
    let answered = 0;
    for (; said("stopped") < 2; answered += 1) {
      // A connection each, so that old and new are asked.
      const answer = await localFetch(`${issuer}/jwks`, { headers: { Connection: "close" } });
      expect(answer.status).toBe(200);
    }
    expect(answered).toBeGreaterThan(2);
    expect(said("listening")).toBe(4);

    expect(await stop(both)).toBe(0);
    expect(said("stopped")).toBe(4);
  });

  it("Z10: opens cleanly after being killed", async () => {
    running.child.kill("SIGKILL");
    await running.ended;
    running = await startAndWait(environment);
    expect((await operator("GET", "/accounts")).body.accounts).toHaveLength(1);
  });

  it("Z5: reports not ready on SIGTERM, finishes what is under way, and then ends", async () => {
    await stop(running);
    running = await startAndWait({ ...environment, DRAIN_DELAY_SECONDS: "2" });
    const { port } = new URL(environment.ISSUER);
    // A request whose body is still coming when the signal does.
    const underWay = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: "/admin/api/accounts",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    });
    const answered = new Promise<number>((resolve, reject) => {
      underWay.on("response", (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      });
      underWay.on("error", reject);
    });
    underWay.write('{"email":"late@example.test",');

    running.child.kill("SIGTERM");
    const isReady = async () =>
      (await localFetch(`${environment.ISSUER}/health/ready`)).status === 200;
    while (await isReady()) await new Promise((resolve) => setTimeout(resolve, 20));
    underWay.end('"name":"Late"}');
    expect(await answered).toBe(201);
    expect((await running.ended).code).toBe(0);
    await expect(opens(Number(port))).resolves.toBe(false);

    running = await startAndWait(environment);
    expect((await operator("GET", "/accounts/late%40example.test")).status).toBe(200);
    expect(await stop(running)).toBe(0);
  });
});

const opens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
