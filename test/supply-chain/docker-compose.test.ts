import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { SiteEnvironment } from "../../apps/relying-party/site-config.ts";
import { Settings } from "../../idp/settings.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The part of the compose specification that we use: a misspelt member must not pass. */
const Service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  restart: z.enum(["no", "always", "on-failure", "unless-stopped"]),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(["service_started", "service_healthy", "service_completed_successfully"]),
      }),
    )
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
  volumes: z.array(z.string().regex(/^[\w./-]+:\/[\w./-]+(:ro)?$/)).optional(),
  networks: z
    .record(z.string(), z.strictObject({ ipv4_address: z.ipv4(), aliases: z.array(z.string()) }))
    .optional(),
  healthcheck: z.strictObject({ test: z.array(z.string()), interval: z.string() }).optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  ulimits: z.strictObject({ core: z.int() }).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
});
const Compose = z.strictObject({
  "x-signet": z.unknown(),
  services: z.record(z.string(), Service),
  networks: z.strictObject({
    default: z.strictObject({
      ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.cidrv4() })) }),
    }),
  }),
  volumes: z.record(z.string(), z.null()),
});

const compose = Compose.parse(parse(read("docker-compose.yml"), { merge: true }));
const { idp, bank, retirement, database, proxy } = compose.services;

describe("docker-compose.yml", () => {
  it("runs PostgreSQL, the identity provider, both sites and a proxy", () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      "bank",
      "database",
      "idp",
      "proxy",
      "retirement",
    ]);
  });

  it("sets nothing that does not exist", () => {
    const known = [...Object.keys(Settings.shape), "ADMIN_URL"];
    expect(known).toEqual(expect.arrayContaining(Object.keys(idp?.environment ?? {})));
    const siteSettings = Object.keys(SiteEnvironment.shape);
    for (const site of [bank, retirement])
      expect(siteSettings).toEqual(expect.arrayContaining(Object.keys(site?.environment ?? {})));
  });

  it("believes X-Forwarded-For of the proxy alone, which is in the network", () => {
    const address = proxy?.networks?.default?.ipv4_address ?? "";
    expect(idp?.environment?.TRUSTED_PROXIES).toBe(address);
    const [subnet = ""] = compose.networks.default.ipam.config.map((entry) => entry.subnet);
    expect(address.startsWith(subnet.replace(/\.0\/24$/, "."))).toBe(true);
  });

  it("publishes the proxy's ports and no others", () => {
    expect(proxy?.ports).toEqual(["80:80", "443:443"]);
    for (const service of [idp, bank, retirement, database]) expect(service?.ports).toBeUndefined();
  });

  it("runs our processes read-only, without capabilities, with time to drain", () => {
    for (const service of [idp, bank, retirement])
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        // K9: no crash leaves private keys on a disk.
        ulimits: { core: 0 },
        stop_grace_period: "30s",
      });
  });

  it("names every volume that it mounts", () => {
    const mounted = Object.values(compose.services)
      .flatMap((service) => service.volumes ?? [])
      .map((volume) => volume.split(":")[0] ?? "")
      .filter((source) => !source.startsWith("."));
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it("goes through one Caddyfile that leads to all three", () => {
    const caddyfile = read("deploy/Caddyfile");
    for (const upstream of ["idp:4000", "bank:4001", "retirement:4002"])
      expect(caddyfile).toContain(`reverse_proxy ${upstream}`);
    expect(proxy?.volumes).toContain("./deploy/Caddyfile:/etc/caddy/Caddyfile:ro");
  });
});

describe("Dockerfile", () => {
  const stages = read("Dockerfile").split(/^FROM /m);
  const final = stages.at(-1) ?? "";

  it("Y1: installs without running install scripts", () => {
    for (const line of read("Dockerfile").match(/^RUN npm ci.*$/gm) ?? [])
      expect(line).toContain("--ignore-scripts");
  });

  it("Y1: ends in an image of production dependencies and plain JavaScript, unprivileged", () => {
    expect(stages).toHaveLength(4);
    expect(stages.find((stage) => stage.includes("AS dependencies"))).toContain("--omit=dev");
    expect(final).toMatch(/^USER node$/m);
    expect(final).toContain('CMD ["node", "dist/idp/main.js"]');
    expect(final).not.toMatch(/COPY \. /);
  });
});
