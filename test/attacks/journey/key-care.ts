// The part of the journey on which the signing keys are looked after: drilled, rotated, thrown out by two
// people, joined by another algorithm, and moved under another key-encryption key.
import { expect } from "vitest";
import { aClient } from "../../idp/endpoints/authorize/arranging.ts";
import { aKit, eventually, refusing, verifying } from "../../idp/sending/a-kit.ts";
import { kidIn } from "../../support/a-counted-site.ts";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";
import { localFetch } from "../../support/local-fetch.ts";
import { exercise } from "./operators.ts";
import { type Credentials, signIn } from "./people.ts";
import { NEXT_KEK, privateNumbers } from "./private-keys.ts";
import type { Witness } from "./witness.ts";

const TWO_DAYS_SECONDS = 2 * 86_400;

export function keyCare(idp: TestIdp, witness: Witness) {
  const operator = witness.operator(idp);

  /** The keys that there are now: before long, nobody can open them any more. */
  async function remember(): Promise<void> {
    const known = new Set(witness.secrets.values());
    for (const [name, number] of await privateNumbers(idp.database))
      if (!known.has(number)) witness.secret(`private key ${name}`, number);
  }

  /** Somebody asks, and thinks better of it; asks again, and another one confirms it in the console. */
  async function isThrownOut(carla: Credentials): Promise<void> {
    const kid = await kidIn(idp, "active");
    const ask = async () => {
      const stolen = { ...exercise, refresh_tokens: "end" };
      return (await operator("POST", `/keys/${kid}/revoke`, stolen)).body.request;
    };
    await operator("POST", `/keys/revocations/${await ask()}/refuse`, exercise);
    await operator("POST", `/keys/revocations/${await ask()}/confirm`, {});
    const visitor = witness.visitor();
    const page = await visitor.follow(`${idp.issuer}/admin/keys`);
    const { location = "" } = await signIn(visitor, page, carla);
    const keys = await visitor.follow(location);
    await visitor.submit(keys, {}, ({ action }) => action.endsWith("/confirm"));
    expect(await kidIn(idp, "revoked")).toBe(kid);
    await eventually(() => witness.heard.some(({ claims }) => "revoked" in claims));
  }

  async function isTurnedAwayAsASite(): Promise<void> {
    await aClient(idp, "app", { tokenEndpointAuthMethod: "none" });
    await localFetch(`${idp.issuer}/key-sightings`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ client_id: "app", instance: "one", kids: [] }),
    });
  }

  /** Another instance, set up for more: it begins, and rewraps. */
  async function isSetUpForMore(): Promise<void> {
    const { id, key } = NEXT_KEK;
    const { KEY_ENCRYPTION_KEYS: former } = journeyEnvironment;
    const next = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: {
        ...journeyEnvironment,
        SIGNING_ALGS: "RS256,ES256",
        KEY_ENCRYPTION_KEYS: `${id}:${key.toString("base64")},${former.split(",")[0]}`,
      },
      log: (line) => witness.log.push(line),
    });
    await remember();
    idp.clock.advance(TWO_DAYS_SECONDS);
    await next.known.keys.poll();
    await witness.operator(next)("POST", "/keys/rewrap", exercise);
    await remember();
    await next.close();
  }

  return {
    remember,
    async looksAfterKeys(carla: Credentials): Promise<void> {
      const kit = await aKit((event) => {
        witness.heard.push(event);
        witness.secret("event token", event.token);
        return "revoked" in event.claims ? refusing(event) : verifying(event);
      });
      await aClient(idp, "kit", { keyEventsUri: kit.uri });
      await operator("POST", "/keys/drill", exercise);
      await operator("GET", "/keys/readiness");
      await operator("POST", "/keys/rotate", { reason: "too early" });
      idp.clock.advance(TWO_DAYS_SECONDS);
      await operator("POST", "/keys/rotate", exercise);
      await remember();
      idp.clock.advance(3_600);
      await idp.known.keys.poll();
      await isThrownOut(carla);
      await operator("GET", `/keys/${await kidIn(idp, "revoked")}/refusals`);
      await operator("GET", "/keys");
      await isTurnedAwayAsASite();
      await isSetUpForMore();
    },
  };
}

const inBase64 = (key: Buffer) => key.toString("base64");

/** With both key-encryption keys, the usual one first, and two people for the worst. */
export const journeyEnvironment = {
  OUTBOUND_ALLOW: "127.0.0.0/8",
  KEY_REVOCATION_BY_TWO: "true",
  KEY_ENCRYPTION_KEYS: `test:${inBase64(Buffer.alloc(32, 7))},${NEXT_KEK.id}:${inBase64(NEXT_KEK.key)}`,
};
