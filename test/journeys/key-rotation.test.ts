import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aTokenFor } from "../support/a-client.ts";
import { aHouse, type House, until } from "../support/a-house.ts";
import { localFetch } from "../support/local-fetch.ts";
import { signInHere } from "./steps.ts";

let house: House;
let browser: TestBrowser;

beforeAll(async () => {
  house = await aHouse();
  browser = await aBrowser();
});
afterAll(async () => {
  await browser?.close();
  await house?.close();
});

describe("an administrator rotates the signing key", () => {
  it("K2: and nobody notices: people stay signed in at both sites, and no verification fails", async () => {
    const alice = await browser.newPerson();
    await alice.page.goto(house.bank);
    await signInHere(alice.page, house.alice);
    await alice.page.goto(house.retirement);

    const ines = await browser.newPerson();
    await ines.page.goto(`${house.issuer}/admin`);
    await signInHere(ines.page, house.ines);
    expect(await ines.page.getByRole("heading", { level: 1 }).innerText()).toBe("Keys");
    // The pending key was published a moment ago, and yet it is safe: both sites have said they hold it.
    await until(async () => {
      await ines.page.reload();
      return ines.page.getByRole("button", { name: "Rotate now" }).isEnabled();
    });

    // Two verifiers run all the while: the bank's API, and plain jose with none of the kit.
    const plainKeys = createRemoteJWKSet(new URL(`${house.issuer}/jwks`), {
      [customFetch]: localFetch,
    });
    const failures: string[] = [];
    const kids = new Set<string>();
    const verify = async () => {
      const token = await aTokenFor(house, "accounts:read");
      const answer = await localFetch(`${house.bank}/api/accounts`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      if (answer.status !== 200) failures.push(`the bank answered ${answer.status}`);
      try {
        const { protectedHeader } = await jwtVerify(token, plainKeys, {
          issuer: house.issuer,
          audience: `${house.bank}/api`,
          algorithms: ["RS256"],
          typ: "at+jwt",
          currentDate: house.clock.now(),
        });
        kids.add(String(protectedHeader.kid));
      } catch (error) {
        failures.push(String(error));
      }
    };
    const loop = aLoop(verify);
    await until(() => loop.rounds() >= 3);

    await loop.between(() => house.clock.advance(31));
    await ines.page.reload();
    await ines.page.getByRole("button", { name: "Rotate now" }).click();
    expect(await ines.page.locator("main").innerText()).toContain("Nobody was signed out");
    const before = loop.rounds();
    await until(() => kids.size === 2 && loop.rounds() >= before + 3);

    for (const site of [house.bank, house.retirement]) {
      await alice.page.goto(site);
      expect(alice.page.url()).toBe(`${site}/`);
    }
    // Their next passes are sealed with the new key, and are taken.
    await loop.between(() => house.clock.advance(301));
    for (const site of [house.bank, house.retirement]) {
      await alice.page.goto(site);
      expect(alice.page.url()).toBe(`${site}/`);
    }
    await loop.end();
    expect(failures).toEqual([]);
    await alice.context.close();
    await ines.context.close();
  });

  it("asks the administrator's password again after five minutes, and lets nobody else in", async () => {
    const alice = await browser.newPerson();
    await alice.page.goto(`${house.issuer}/admin/keys`);
    await signInHere(alice.page, house.alice);
    expect(await alice.page.locator("main").innerText()).not.toContain("Life of the keys");
    await alice.context.close();

    const ines = await browser.newPerson();
    await ines.page.goto(`${house.issuer}/admin/keys`);
    await signInHere(ines.page, house.ines);
    house.clock.advance(301);
    await ines.page.reload();
    const rotate = ines.page.getByRole("button", { name: /Rotate now/ });
    expect(await ines.page.locator("main").innerText()).toContain("more than five minutes ago");
    await rotate.click();
    expect(await ines.page.getByRole("heading", { level: 1 }).innerText()).toBe(
      "Confirm it is you",
    );
    await ines.context.close();
  });
});

/** Does something again and again, with pauses between two rounds for who must not cut one in half. */
function aLoop(work: () => Promise<void>) {
  let rounds = 0;
  let isOver = false;
  let pause: (() => void) | undefined;
  const running = (async () => {
    while (!isOver) {
      await work();
      rounds += 1;
      pause?.();
      pause = undefined;
    }
  })();
  return {
    rounds: () => rounds,
    between: (step: () => void) =>
      new Promise<void>((resolve) => {
        pause = () => {
          step();
          resolve();
        };
      }),
    end() {
      isOver = true;
      return running;
    },
  };
}
