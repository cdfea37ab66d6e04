import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createRelyingParty } from "../../../apps/relying-party/relying-party.ts";
import { readSiteConfig, SiteEnvironment } from "../../../apps/relying-party/site-config.ts";

it("the README's table has every setting of a site, in the schema's words", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const [, between] =
    /<!-- site settings -->\n([\s\S]*?)\n<!-- \/site settings -->/.exec(readme) ?? [];
  const rows = Object.entries(SiteEnvironment.shape).map(
    ([name, schema]) => `| \`${name}\` | ${schema.description} |`,
  );
  expect(between).toBe(["| setting | what it does |", "|---|---|", ...rows].join("\n"));
});

it("the kit's README has every route that the kit brings along, and no other", async () => {
  const file = new URL("../../../apps/relying-party/README.md", import.meta.url);
  const documented = [...(await readFile(file, "utf8")).matchAll(/^\| `([A-Z]+ \/[\w/.-]*)` \|/gm)];
  const dataDirectory = await mkdtemp(join(tmpdir(), "signet-readme-"));
  const defaults = {
    name: "A site",
    hostname: "site.localhost",
    port: 4009,
    cookiePrefix: "site",
    dataDirectory,
  };
  const kit = createRelyingParty({
    config: readSiteConfig({}, defaults),
    scope: "openid",
    logger: pino({ level: "silent" }),
  });
  const routes = kit.routes().stack.map(({ methods, path }) => `${methods.at(-1)} ${path}`);
  await kit.stop();
  await rm(dataDirectory, { recursive: true });
  expect(documented.map(([, route]) => route).sort()).toEqual(routes.sort());
});
