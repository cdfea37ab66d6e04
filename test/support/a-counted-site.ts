// A site that obtained a token lately, so that a rotation before its time waits for it; its instances
// report as the kit does.
import type { NewClient } from "../../idp/records/clients/client.ts";
import { aClient } from "../idp/endpoints/authorize/arranging.ts";
import type { TestIdp } from "./an-idp.ts";
import { localFetch } from "./local-fetch.ts";

export interface Report {
  readonly kids: readonly string[];
  readonly refused?: readonly { kid: string; at: string }[];
  readonly instance?: string;
}

export async function aCountedSite(idp: TestIdp, id: string, given: Partial<NewClient> = {}) {
  const client = await aClient(idp, id, given);
  const count = () =>
    idp.known.standingGrants.require({ clientId: id, scopes: [] }, idp.clock.now());
  await count();
  return {
    ...client,
    /** It obtains another token. */
    count: async () => {
      idp.known.standingGrants.forget();
      await count();
    },
    async report({ kids, refused = [], instance = "instance-1" }: Report): Promise<void> {
      const answer = await localFetch(`${idp.issuer}/key-sightings`, {
        method: "POST",
        headers: {
          Authorization: `Basic ${btoa(`${id}:${client.secret}`)}`,
          "Content-Type": "application/json",
        },
        body: JSON.stringify({ instance, kids, refused }),
      });
      if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
    },
  };
}

export type CountedSite = Awaited<ReturnType<typeof aCountedSite>>;

/** The kids of the keys in these states. */
export async function kidsIn({ known }: TestIdp, ...states: string[]): Promise<string[]> {
  const keys = await known.keys.list();
  return keys.filter(({ state }) => states.includes(state)).map(({ kid }) => kid);
}

export async function kidIn(idp: TestIdp, state: string): Promise<string> {
  const [kid] = await kidsIn(idp, state);
  if (kid === undefined) throw new Error(`there is no ${state} key`);
  return kid;
}
