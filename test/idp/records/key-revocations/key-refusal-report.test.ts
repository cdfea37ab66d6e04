import { describe, expect, it } from "vitest";
import {
  keyRefusalReport,
  type RefusalQuestion,
  type ReportedSite,
} from "../../../../idp/records/key-revocations/key-refusal-report.ts";
import { at } from "../a-world.ts";

const site = (clientId: string, instances: string[], more: Partial<ReportedSite> = {}) => ({
  clientId,
  name: `Site ${clientId}`,
  counts: true,
  hearsEvents: true,
  instances: instances.map((instance) => ({ instance })),
  ...more,
});
const refusal = (clientId: string, instance: string, seconds: number) => ({
  clientId,
  instance,
  refusedAt: at(seconds),
});
const report = (asked: Partial<RefusalQuestion>) =>
  keyRefusalReport({ sites: [], refusals: [], notices: [], now: at(60), ...asked });

describe("who refuses a key that was thrown out (K4)", () => {
  it("is a site whose every instance does, since the last one began to", () => {
    const sites = [site("bank", ["a", "b"]), site("plan", ["a"])];
    const refusals = [refusal("bank", "a", 2), refusal("bank", "b", 5)];
    expect(report({ sites, refusals })).toMatchObject([
      {
        clientId: "bank",
        refusedAt: at(5),
        instances: [
          { instance: "a", refusedAt: at(2) },
          { instance: "b", refusedAt: at(5) },
        ],
      },
      { clientId: "plan", instances: [{ instance: "a" }] },
    ]);
  });

  it("is not a site where one instance has not said so", () => {
    const sites = [site("bank", ["a", "b"])];
    const [bank] = report({ sites, refusals: [refusal("bank", "a", 2)] });
    expect(bank).not.toHaveProperty("refusedAt");
  });

  it("may be an instance that has gone since", () => {
    const [bank] = report({ sites: [site("bank", [])], refusals: [refusal("bank", "a", 2)] });
    expect(bank).toMatchObject({ refusedAt: at(2), instances: [{ instance: "a" }] });
  });

  it("leaves out who holds no key of ours: no kit, no instance, no token lately", () => {
    const idle = { counts: false, hearsEvents: false };
    expect(report({ sites: [site("idle", [], idle)] })).toEqual([]);
    expect(report({ sites: [site("seen", ["a"], idle), site("counts", [])] })).toHaveLength(2);
  });

  it.each([
    ["delivered", { deliveredAt: at(1), problem: "no answer within 3 s" }, undefined],
    ["trying", { problem: "connection refused" }, "connection refused"],
    ["expired", { expiresAt: at(60), problem: "connection refused" }, "connection refused"],
  ] as const)("says how its notice went: %s", (notice, more, problem) => {
    const notices = [{ clientId: "bank", expiresAt: at(1_000), ...more }];
    const [bank] = report({ sites: [site("bank", ["a"])], notices });
    expect(bank?.notice).toBe(notice);
    expect(bank?.problem).toBe(problem);
  });

  it("does not say that a site cannot be told whose notice is no longer kept", () => {
    const [bank] = report({ sites: [site("bank", [])] });
    expect(bank).toMatchObject({ notice: "unknown", instances: [] });
  });

  it("says that there is nobody to tell at a site without the kit", () => {
    const [foreign] = report({ sites: [site("foreign", [], { hearsEvents: false })] });
    expect(foreign).toMatchObject({ notice: "none", instances: [] });
  });
});
