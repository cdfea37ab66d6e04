import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { SiteEnvironment } from "../../../apps/relying-party/site-config.ts";

it("the README's table has every setting of a site, in the schema's words", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const [, between] =
    /<!-- site settings -->\n([\s\S]*?)\n<!-- \/site settings -->/.exec(readme) ?? [];
  const rows = Object.entries(SiteEnvironment.shape).map(
    ([name, schema]) => `| \`${name}\` | ${schema.description} |`,
  );
  expect(between).toBe(["| setting | what it does |", "|---|---|", ...rows].join("\n"));
});
