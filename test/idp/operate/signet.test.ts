import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminTokenFile } from "../../../idp/demo/demo-secrets.ts";
import { writeSecretFile } from "../../../idp/demo/secret-file.ts";
import { runningFile } from "../../../idp/running-file.ts";
import { ADMIN_TOKEN, anIdp, type TestIdp } from "../../support/an-idp.ts";
import { anOperatorsMachine, type OperatorsMachine, oneLine } from "./an-operators-machine.ts";

let idp: TestIdp;
let directory: string;
let signet: OperatorsMachine["signet"];

beforeAll(async () => {
  idp = await anIdp();
  ({ directory, signet } = await anOperatorsMachine(idp));
});
afterAll(() => idp.close());

describe("the signet command", () => {
  it("adds a person with a password from standard input and claims from a file", async () => {
    const claims = join(directory, "claims.json");
    await writeFile(claims, '{"given_name":"Ada","email_verified":true}');
    const args = ["accounts", "add", "--email", "ada@example.test", "--name", "Ada", "--json"];
    const added = await signet([...args, "--claims-json", claims, "--password-stdin"], {
      stdin: "a heron over the weir\n",
    });
    expect(added.code).toBe(0);
    expect(added.json()).toMatchObject({ email_verified: true, has_password: true });
    const outcome = await idp.known.authenticatePassword(
      "ada@example.test",
      "a heron over the weir",
      "127.0.0.1",
      idp.clock.now(),
      { actor: "test" },
    );
    expect(outcome.kind).toBe("authenticated");
  });

  it("P9: prints a single-use link for a new administrator", async () => {
    const person = ["--email", "root@example.test", "--name", "Root", "--admin", "--key-admin"];
    const { code, stdout } = await signet(["accounts", "add", ...person]);
    expect(code).toBe(0);
    expect(stdout).toContain("administrator, key administrator");
    expect(stdout).toMatch(new RegExp(`^${idp.issuer}/set-password/sgl_[\\w-]{43}$`, "m"));
  });

  it("takes one thing from standard input, not two", async () => {
    const args = ["accounts", "add", "--email", "b@example.test", "--name", "B"];
    const { code, stderr } = await signet([...args, "--claims-json", "-", "--password-stdin"]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(oneLine);
  });

  it("adds a client and prints its credentials, once", async () => {
    const added = await signet([
      ...["clients", "add", "--json", "--id", "my-site", "--name", "My site"],
      ...["--redirect-uri", "https://my.example/callback"],
      ...["--redirect-uri", "https://my.example/other"],
    ]);
    const { client_id, client_secret, redirect_uris } = added.json();
    expect(client_id).toBe("my-site");
    expect(redirect_uris).toHaveLength(2);
    const shown = await signet(["clients", "show", "my-site"]);
    expect(shown.stdout).not.toContain(client_secret);
  });

  it("needs a reason where it does harm", async () => {
    for (const args of [
      ["accounts", "disable", "ada@example.test"],
      ["clients", "disable", "my-site"],
      ["clients", "delete", "my-site"],
      ["sessions", "end", "--account", "ada@example.test"],
    ]) {
      const { code, stderr } = await signet(args);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(oneLine);
      expect(stderr).toContain("--reason");
    }
    const ended = await signet([
      ...["sessions", "end", "--account", "ada@example.test", "--reason", "test", "--json"],
    ]);
    expect(ended.json()).toEqual({ sessions_ended: 0, grants_ended: 0 });
  });

  it("shows what happened, and who did it", async () => {
    const { json } = await signet(["audit", "list", "--json", "--kind", "client.added"]);
    expect(json()[0]).toMatchObject({ actor: "operator-token", client_id: "my-site" });
  });

  it.each([
    ["an unknown account", ["accounts", "show", "nobody@example.test"], /no such account/],
    ["an unknown command", ["keys", "burn"], /unknown command/],
    ["a missing option", ["accounts", "add", "--name", "X"], /--email/],
  ])("refuses %s in one line", async (_what, args, words) => {
    const { code, stdout, stderr } = await signet(args);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(oneLine);
    expect(stderr).toMatch(words);
  });

  it("says so when nobody answers, when the token is wrong, and when it knows no address", async () => {
    const nobody = await signet(["keys", "list"], {
      environment: { ADMIN_URL: "http://127.0.0.1:9" },
    });
    expect(nobody.stderr).toMatch(/^signet: Signet does not answer at http:\/\/127\.0\.0\.1:9/);
    const wrong = await signet(["keys", "list"], { environment: { ADMIN_TOKEN: "x".repeat(40) } });
    expect(wrong.stderr).toContain("not the operator's token");
    const lost = await signet(["keys", "list"], { environment: { ADMIN_URL: undefined } });
    expect(lost.stderr).toMatch(/^signet: ADMIN_URL is not set/);
    for (const { code, stderr } of [nobody, wrong, lost]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(oneLine);
    }
  });

  it("finds a demo on this machine by its data directory", async () => {
    const { issuer } = idp;
    runningFile(directory).write({ pid: process.pid, issuer, adminUrl: issuer });
    writeSecretFile(adminTokenFile(directory), `${ADMIN_TOKEN}\n`);
    const { code } = await signet(["keys", "list"], {
      environment: { ADMIN_URL: undefined, ADMIN_TOKEN: undefined },
    });
    expect(code).toBe(0);
  });

  it("lets nothing that somebody typed move the cursor of a terminal", async () => {
    await idp.known.accounts.add(
      {
        email: "esc@example.test",
        name: "\u001b[2J\u001b[31mgone",
        claims: {},
        emailVerified: false,
        isAdmin: false,
        isKeyAdmin: false,
        isDemo: false,
      },
      idp.clock.now(),
      { actor: "test" },
    );
    const { stdout } = await signet(["accounts", "list"]);
    expect(stdout).toContain("esc@example.test");
    expect(stdout).not.toContain("\u001b");
  });
});
