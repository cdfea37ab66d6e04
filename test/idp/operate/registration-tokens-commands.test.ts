import { beforeAll, describe, expect, it } from "vitest";
import { anIdp } from "../../support/an-idp.ts";
import { openTestDatabase } from "../../support/databases.ts";
import { anOperatorsMachine, type OperatorsMachine } from "./an-operators-machine.ts";

let signet: OperatorsMachine["signet"];
beforeAll(async () => {
  const idp = await anIdp({ database: await openTestDatabase() });
  ({ signet } = await anOperatorsMachine(idp));
  return () => idp.close();
});

const tokens = (...args: string[]) => signet(["registration-tokens", ...args]);

describe("signet registration-tokens", () => {
  it("makes a token and prints it this once", async () => {
    expect((await tokens("list")).stdout).toBe("There are no tokens.\n");
    const added = await tokens("add", "--name", "A team", "--uses", "3", "--days", "7");
    expect(added.stdout).toMatch(/The token, shown this once:\nsgi_[\w-]{43}\n$/);
    const listed = await tokens("list");
    expect(listed.stdout).toMatch(/A team +0 of 3 +until 2026-03-08/);
    expect(listed.stdout).not.toContain("sgi_");
  });

  it("ends one by its id, for a reason", async () => {
    const { id } = (await tokens("add", "--name", "Another", "--json")).json();
    expect((await tokens("end", id)).stderr).toMatch(/--reason/);
    const ended = await tokens("end", id, "--reason", "an exercise");
    expect(ended.stdout).toBe("Another has ended.\n");
    expect((await tokens("list")).stdout).toMatch(/Another +0 +ended 2026-03-01/);
  });
});
