// docs/clients.md shows the configurations that the tests here run, and no others.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const document = readFileSync("docs/clients.md", "utf8");
const shown = [...document.matchAll(/```(?:ts|js)\n(.*?)\n```/gs)].map(([, code]) => code);

/** Without the indentation that all its lines share. */
function dedented(code: string): string {
  const lines = code.split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = Math.min(...indents);
  return lines.map((line) => line.slice(least)).join("\n");
}

const run = readdirSync("test/clients")
  .filter((name) => name.endsWith(".test.ts") && name !== "document.test.ts")
  .flatMap((name) => {
    const source = readFileSync(`test/clients/${name}`, "utf8");
    const region = /[ ]*\/\/ #region configuration\n(.*?)\n[ ]*\/\/ #endregion/s.exec(source)?.[1];
    return region === undefined ? [] : [[name, dedented(region)] as const];
  });

describe("docs/clients.md", () => {
  it.each(run)("has the configuration of %s", (_name, configuration) => {
    expect(shown).toContain(configuration);
  });

  it("has none that no test runs", () => {
    expect(shown.length).toBe(run.length);
  });
});
