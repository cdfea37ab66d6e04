// What a client calls a person (OpenID Connect Core §8): the account's id, or for clients that asked for it
// a name that only the clients of one sector share. Whatever leaves for a client says this and no other.
import { createHmac } from "node:crypto";
import type { Client } from "../clients/client.ts";

export interface Subjects {
  /** Always the same for an account and a sector; nobody else can go back from it, or across. */
  of(client: Pick<Client, "pairwiseSector">, accountId: string): string;
  /** Must have resolved before any pairwise subject is asked for. */
  start(): Promise<void>;
}

/** @param requireSecret  what pairwise subjects are made with; never another one */
export function subjects({ requireSecret }: { requireSecret: () => Promise<Buffer> }): Subjects {
  let secret: Buffer | undefined;
  return {
    of({ pairwiseSector: sector }, accountId) {
      if (sector === undefined) return accountId;
      if (secret === undefined) throw new Error("the subjects have not been started");
      // A host has no NUL in it, so that no two pairs read the same.
      return createHmac("sha256", secret).update(`${sector}\0${accountId}`).digest("base64url");
    },
    async start() {
      secret = await requireSecret();
    },
  };
}
