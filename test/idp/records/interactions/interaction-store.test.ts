import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import {
  type InteractionStore,
  interactionStore,
} from "../../../../idp/records/interactions/interaction-store.ts";
import type { Database } from "../../../../prisma/database.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { at, lifetimes, MINUTE, times } from "../a-world.ts";

let database: Database;
let here: InteractionStore;
let there: InteractionStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  database = one;
  here = interactionStore(one, lifetimes);
  there = interactionStore(other, lifetimes);
});

const request = { clientId: "bank", scopes: ["openid"], state: "ü\"'\\", maxAgeSeconds: 0 };

const open = (browser = newCredential("browser"), now = at(0)) =>
  here
    .open({ browser, kind: "authorization", clientId: "bank", request }, now)
    .then((interaction) => ({ browser, interaction }));

describe("an interaction", () => {
  it("A4: keeps what was asked as it was, on every replica", async () => {
    const { browser, interaction } = await open();
    const expected = {
      id: expect.any(String),
      kind: "authorization",
      clientId: "bank",
      request,
      consentScopes: [],
      createdAt: at(0),
      expiresAt: at(30 * MINUTE),
    };
    expect(interaction).toEqual(expected);
    expect(await there.find(interaction.id, browser, at(1))).toEqual(expected);
  });

  it("A9: is worth nothing in another browser, at any step", async () => {
    const { browser, interaction } = await open();
    const { id } = interaction;
    const stranger = newCredential("browser");
    expect(await here.find(id, stranger, at(1))).toBeUndefined();
    const by = { id, browser: stranger, sessionId: "session" };
    expect(await here.recordAuthentication(by, at(1))).toBe(false);
    expect(await here.recordAccountChoice(by, at(1))).toBe(false);
    expect(await here.recordConsent(by, "allowed", ["openid"], at(1))).toBe(false);
    expect(await here.close(id, stranger)).toBe(false);
    expect(await here.find(id, browser, at(1))).toEqual(interaction);
  });

  it("records what the person did", async () => {
    const { browser, interaction } = await open();
    const { id } = interaction;
    const by = { id, browser, sessionId: "session-1" };
    expect(await here.recordAuthentication(by, at(1))).toBe(true);
    expect(await there.recordAccountChoice(by, at(2))).toBe(true);
    expect(await here.recordConsent(by, "allowed", ["openid"], at(3))).toBe(true);
    expect(await there.find(id, browser, at(4))).toEqual({
      ...interaction,
      sessionId: "session-1",
      authenticatedAt: at(1),
      accountChosenAt: at(2),
      consentAnswer: "allowed",
      consentScopes: ["openid"],
    });
  });

  it("A8: forgets what was done under one session when another one acts", async () => {
    const { browser, interaction } = await open();
    const { id } = interaction;
    const first = { id, browser, sessionId: "session-1" };
    const second = { id, browser, sessionId: "session-2" };
    await here.recordAuthentication(first, at(1));
    await here.recordAccountChoice(first, at(1));
    await here.recordConsent(first, "allowed", ["openid"], at(1));
    expect(await there.recordAccountChoice(second, at(2))).toBe(true);
    expect(await here.find(id, browser, at(3))).toEqual({
      ...interaction,
      sessionId: "session-2",
      accountChosenAt: at(2),
    });
  });

  it("is over after 30 minutes", async () => {
    const { browser, interaction } = await open();
    const { id } = interaction;
    expect(await here.find(id, browser, at(30 * MINUTE))).toBeUndefined();
    const by = { id, browser, sessionId: "session-1" };
    expect(await here.recordConsent(by, "allowed", [], at(30 * MINUTE))).toBe(false);
  });

  it("is consumed exactly once by 50 at once on two replicas", async () => {
    const { browser, interaction } = await open();
    const closed = await times(50, (index) =>
      (index % 2 ? here : there).close(interaction.id, browser),
    );
    expect(closed.filter(Boolean)).toHaveLength(1);
    expect(await here.find(interaction.id, browser, at(1))).toBeUndefined();
  });

  it("S7: of a browser's, the oldest makes room for the twenty-first", async () => {
    const { browser, interaction: first } = await open();
    const { interaction: second } = await open(browser, at(1));
    const { browser: neighbour, interaction: theirs } = await open();
    for (let tab = 2; tab <= 20; tab += 1) await open(browser, at(tab));
    expect(await here.find(first.id, browser, at(21))).toBeUndefined();
    expect(await here.find(second.id, browser, at(21))).toBeDefined();
    expect(await here.find(theirs.id, neighbour, at(21))).toBeDefined();
  });

  it("R1: is kept under the hash of the browser's cookie", async () => {
    const { browser } = await open();
    expect(JSON.stringify(await database.orm.interaction.findMany())).not.toContain(browser);
  });
});
