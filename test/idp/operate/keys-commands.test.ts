import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../support/a-counted-site.ts";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";
import { type AKit, aKit, eventually, refusing, verifying } from "../sending/a-kit.ts";
import { anOperatorsMachine, type OperatorsMachine, oneLine } from "./an-operators-machine.ts";

const environment = { OUTBOUND_ALLOW: "127.0.0.0/8", KEY_CHANGES_PER_DAY: "100" };

let idp: TestIdp;
let machine: OperatorsMachine;
let signet: OperatorsMachine["signet"];
let kit: AKit;
let bank: CountedSite;

beforeAll(async () => {
  idp = await anIdp({ environment });
  machine = await anOperatorsMachine(idp);
  signet = machine.signet;
  kit = await aKit((event) => ("revoked" in event.claims ? refusing(event) : verifying(event)));
  bank = await aCountedSite(idp, "bank", { name: "Harbour Bank", keyEventsUri: kit.uri });
});
afterAll(() => idp.close());

const holdsAll = async (instance?: string) =>
  bank.report({
    kids: await kidsIn(idp, "active", "pending", "retiring"),
    ...(instance !== undefined && { instance }),
  });

describe("signet keys", () => {
  it("lists the keys for people and for programs", async () => {
    const people = await signet(["keys", "list"]);
    expect(people).toMatchObject({ code: 0, stderr: "" });
    expect(people.stdout).toMatch(/active +signs since \S+, replaced at \S+Z$/m);
    const programs = await signet(["keys", "list", "--json"]);
    const states = programs.json().map((key: { state: string }) => key.state);
    expect(states.sort()).toEqual(["active", "pending"]);
  });

  it("K2: says in one line why a rotation is refused and for whom, and exits with 1", async () => {
    const { code, stdout, stderr } = await signet(["keys", "rotate", "--reason", "too eager"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain("Harbour Bank has not reported");
  });

  it("shows which sites are ready, and whether a rotation would go through", async () => {
    const silent = await signet(["keys", "readiness"]);
    expect(silent.stdout).toMatch(/^Harbour Bank +has not reported +0 +never$/m);
    expect(silent.stdout).toMatch(/^May rotate +no; from \S+Z in any case$/m);
    await holdsAll();
    const ready = await signet(["keys", "readiness"]);
    expect(ready.stdout).toMatch(/^Harbour Bank +ready +1 +never$/m);
    expect(ready.stdout).toMatch(/^May rotate +yes, now$/m);
    const { json } = await signet(["keys", "readiness", "--json"]);
    expect(json()).toMatchObject({ may_rotate: true, sites: [{ client_id: "bank", ready: true }] });
  });

  it("drills every site, and shows afterwards how each did", async () => {
    const { stdout } = await signet(["keys", "drill", "--reason", "before Monday"]);
    expect(stdout).toMatch(/^Harbour Bank +\S+ +verified/m);
    const shown = await signet(["keys", "readiness"]);
    expect(shown.stdout).toMatch(/^Harbour Bank +ready +1 +verified \(\S+Z\)$/m);
  });

  it("rotates when it is safe", async () => {
    const { code, json } = await signet(["--json", "keys", "rotate"]);
    expect(code).toBe(0);
    expect(Object.keys(json())).toEqual(["activated", "published", "retiring"]);
  });

  it("K8: seals under another key-encryption key, and says when there is nothing to do", async () => {
    const { code, stdout } = await signet(["keys", "rewrap"]);
    expect(code).toBe(0);
    expect(stdout).toBe("Every key is sealed under test already.\n");
  });
});

describe("signet keys revoke (K4)", () => {
  it.each([
    ["a reason", ["--refresh-tokens", "keep"], "--reason"],
    ["a word about refresh tokens", ["--reason", "leaked"], "--refresh-tokens"],
    ["a word it knows", ["--reason", "x", "--refresh-tokens", "some"], "keep, end"],
  ])("needs %s, and says so in one line", async (_, options, missing) => {
    const { code, stderr } = await signet(["keys", "revoke", "a-key", ...options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(missing);
  });

  const leaked = ["--reason", "leaked", "--refresh-tokens", "keep"];

  it("prints for each site the second at which it refused the key, and then ends", async () => {
    await holdsAll();
    const kid = await kidIn(idp, "active");
    const revoking = machine.begin(["keys", "revoke", kid, ...leaked]);
    await eventually(() => kit.heard.some(({ claims }) => String(claims.revoked).includes(kid)));
    const at = idp.clock.now();
    await bank.report({ kids: [], refused: [{ kid, at: at.toISOString() }] });
    const { code, stdout, stderr } = await revoking.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const time = at.toLocaleTimeString("en-GB");
    expect(stdout).toBe(
      [
        `${kid} is thrown out.`,
        `${await kidIn(idp, "active")} signs now.`,
        `${await kidIn(idp, "pending")} is published and waits.`,
        `Harbour Bank refused it at ${time} (1 of 1 instances)`,
        "Every site refuses it.\n",
      ].join("\n"),
    );
  });

  it("names who has not said so, and until when they may accept it", async () => {
    await holdsAll("instance-2");
    const kid = await kidIn(idp, "active");
    const at = idp.clock.now();
    const { code, stdout } = await signet(["keys", "revoke", kid, ...leaked, "--wait", "2"]);
    expect(code).toBe(0);
    const until = (seconds: number) => new Date(at.getTime() + seconds * 1000).toISOString();
    expect(stdout).toContain(
      [
        "Harbour Bank has not said that it refuses it (0 of 2 instances, it was told)",
        `A site that heeds Cache-Control accepts it until ${until(300)} at the latest;`,
        `one that does not reach Signet goes on with the keys it has until ${until(86_400)}.`,
      ].join("\n"),
    );
  });

  it("does not wait when told so, nor for a site that can say nothing; programs get it all", async () => {
    const kid = await kidIn(idp, "active");
    const { json } = await signet(["keys", "revoke", kid, ...leaked, "--no-wait", "--json"]);
    expect(json()).toMatchObject({ revoked: kid, activated: await kidIn(idp, "active") });
    expect(json()).not.toHaveProperty("sites");

    idp.clock.advance(180);
    await idp.known.clientStore.update("bank", { keyEventsUri: null }, idp.clock.now(), {
      actor: "test",
    });
    const next = await kidIn(idp, "active");
    const watched = await signet(["keys", "revoke", next, ...leaked, "--json"]);
    expect(watched.json()).toMatchObject({
      revoked: next,
      sites: [{ client_name: "Harbour Bank", notice: "none", instances: [] }],
      accepted_until: { in_touch: expect.any(String) },
    });
  });

  it("takes a key whose name begins with a dash, as one in 64 does", async () => {
    const { stderr } = await signet(["keys", "revoke", `-${"k".repeat(42)}`, ...leaked]);
    expect(stderr).toBe("signet: There is no such key\n");
  });

  it("refuses in one line what there is not, or what is done already", async () => {
    const unknown = await signet(["keys", "revoke", "unknown", ...leaked]);
    const again = await signet(["keys", "revoke", await kidIn(idp, "revoked"), ...leaked]);
    expect([unknown.stderr, again.stderr]).toEqual([
      "signet: There is no such key\n",
      "signet: This key has been thrown out already\n",
    ]);
    expect([unknown.code, again.code]).toEqual([1, 1]);
  });
});

describe("signet keys revoke, when it takes two (D1)", () => {
  let byTwo: TestIdp;
  let here: Awaited<ReturnType<typeof anOperatorsMachine>>;
  beforeAll(async () => {
    byTwo = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: { ...environment, KEY_REVOCATION_BY_TWO: "true" },
    });
    here = await anOperatorsMachine(byTwo);
  });
  afterAll(() => byTwo.close());

  const leaked = ["--reason", "leaked", "--refresh-tokens", "end"];

  it("says who has to confirm, lists what waits, and takes it back", async () => {
    const kid = await kidIn(byTwo, "active");
    const asked = await here.signet(["keys", "revoke", kid, ...leaked]);
    expect(asked.code).toBe(0);
    expect(asked.stdout).toMatch(/second key administrator, who confirms it in the console until/);
    const [, id = ""] = /The request is (\S+)\.$/m.exec(asked.stdout) ?? [];
    const listed = await here.signet(["keys", "revocations"]);
    expect(listed.stdout).toContain(`${id}  ${kid}  end             operator-token`);

    const confirmed = await here.signet(["keys", "confirm", id]);
    expect(confirmed.code).toBe(1);
    expect(confirmed.stderr).toMatch(/^signet: Whoever asked cannot confirm[^\n]*\n$/);
    const refused = await here.signet(["keys", "refuse", id]);
    expect(refused.stdout).toBe("Refused. The key stays.\n");
    expect(await kidIn(byTwo, "active")).toBe(kid);
  });

  it("confirms what somebody asked for in the console", async () => {
    const kid = await kidIn(byTwo, "active");
    const cause = { actor: "account:ines", reason: "leaked" };
    const asked = await byTwo.known.revokeSigningKey.revoke({ kid, refreshTokens: "keep", cause });
    if (asked.kind !== "requested") throw new Error(asked.kind);
    const { code, stdout } = await here.signet(["keys", "confirm", asked.request.id, "--no-wait"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${kid} is thrown out.`);
  });
});
