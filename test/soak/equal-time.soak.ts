import { beforeAll, describe, expect, it } from "vitest";
import { anIdp, aPerson, type TestIdp } from "../support/an-idp.ts";
import { count, figure, timed } from "./support/figures.ts";
import { atTheForm } from "./support/people.ts";

const SAMPLES = count(200, 20);
/** Few enough failures for each name that none is throttled. */
const FAILURES_EACH = 4;
const WRONG = "not the password of anybody here";

describe("sign-ins that are refused", () => {
  let world: TestIdp;

  beforeAll(async () => {
    // Each attempt comes from an address of its own; one address would be throttled.
    world = await anIdp({ environment: { TRUSTED_PROXIES: "127.0.0.1" } });
    const { account } = await aPerson(world);
    const names = Math.ceil(SAMPLES / FAILURES_EACH) + 1;
    for (const kind of ["wrong", "disabled"]) {
      for (let index = 0; index < names; index += 1) {
        const added = await world.known.accounts.add(
          {
            email: `${kind}-${index}@example.test`,
            name: "Somebody",
            claims: {},
            emailVerified: true,
            isAdmin: false,
            isKeyAdmin: false,
            isDemo: false,
            ...(account.passwordHash !== undefined && { passwordHash: account.passwordHash }),
          },
          world.clock.now(),
          { actor: "test" },
        );
        if (kind === "disabled")
          await world.known.endAccess(
            { kind: "account", accountId: added.id },
            "account-disabled",
            world.clock.now(),
            { actor: "test" },
          );
      }
    }
    return () => world.close();
  });

  it("P6: take as long whether the account is unknown, disabled, or has another password", async () => {
    const kinds = ["unknown", "disabled", "wrong"] as const;
    const samples = { unknown: [], disabled: [], wrong: [] } as Record<string, number[]>;
    let addresses = 0;
    const here = await atTheForm(`${world.issuer}/admin`);
    const refuse = async (email: string) => {
      addresses += 1;
      const from = `198.51.${addresses >> 8}.${addresses & 255}`;
      let status = 0;
      const took = await timed(async () => {
        const form = here.form.forms.find(({ fields }) => "password" in fields);
        const answer = await here.visitor.post(
          form?.action ?? "",
          { ...form?.fields, email, password: WRONG },
          { "X-Forwarded-For": from },
        );
        status = answer.status;
      });
      expect(status).toBe(403);
      return took;
    };

    // Interleaved, and each time in another order, so that noise falls on all alike.
    for (let round = 0; round < SAMPLES + 10; round += 1) {
      for (let turn = 0; turn < kinds.length; turn += 1) {
        const kind = kinds[(round + turn) % kinds.length] ?? "unknown";
        const took = await refuse(`${kind}-${Math.floor(round / FAILURES_EACH)}@example.test`);
        // The first rounds warm up.
        if (round >= 10) samples[kind]?.push(took);
      }
    }

    const medians = kinds.map(
      (kind) =>
        figure({ id: "P6", what: `refused: ${kind}`, unit: "ms", samples: samples[kind] ?? [] })
          .median,
    );
    const apart = (Math.max(...medians) / Math.min(...medians) - 1) * 100;
    figure(
      { id: "P6", what: "medians apart", unit: "%", samples: [apart] },
      { of: "most", atMost: 5 },
    );
  });
});
