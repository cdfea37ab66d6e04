import { describe, expect, it } from "vitest";
import { type SiteSighting, unreadySites } from "../../keys/site-readiness.ts";

const seenAt = new Date("2026-03-01T12:00:00.000Z");
const rs = { kid: "rs-next", alg: "RS256" };
const ed = { kid: "ed-next", alg: "EdDSA" };

const site = (
  name: string,
  instances: Record<string, readonly string[]>,
  algs: readonly string[] = ["RS256"],
): SiteSighting => ({
  clientId: name.toLowerCase(),
  name,
  algs,
  instances: Object.entries(instances).map(([instance, kids]) => ({ instance, kids, seenAt })),
});

const unready = (sites: SiteSighting[], pending = [rs]) =>
  unreadySites(sites, pending).map(({ name, why, instances }) => [name, why, instances]);

describe("the sites that would meet a key they have never seen (K2)", () => {
  it("are none where there are no sites", () => {
    expect(unready([])).toEqual([]);
  });

  it("are none where there is no key that is about to sign", () => {
    expect(unready([site("Silent", {}), site("Lacking", { a: [] })], [])).toEqual([]);
  });

  it("are not those whose instances all hold it, whatever else they hold", () => {
    expect(unready([site("Ready", { a: ["rs-now", "rs-next"], b: ["rs-next"] })])).toEqual([]);
  });

  it("are those with one instance that lacks it, which is named", () => {
    expect(unready([site("Half", { a: ["rs-next"], b: ["rs-now"], c: [] })])).toEqual([
      ["Half", "lacking", ["b", "c"]],
    ]);
  });

  it("are those of which no instance has reported, since nobody knows", () => {
    expect(unready([site("Silent", {})])).toEqual([["Silent", "silent", []]]);
  });

  it("need a key of each algorithm that signs their tokens", () => {
    const both = ["RS256", "EdDSA"];
    const sites = [
      site("Both", { a: ["rs-next", "ed-next"] }, both),
      site("Only RSA", { a: ["rs-next"] }, both),
      site("Not concerned", { a: ["rs-next"] }),
    ];
    expect(unready(sites, [rs, ed])).toEqual([["Only RSA", "lacking", ["a"]]]);
  });

  it("are not those whose tokens it will never sign, silent or not", () => {
    expect(unready([site("Silent", {}), site("Other", { a: [] })], [ed])).toEqual([]);
  });
});
