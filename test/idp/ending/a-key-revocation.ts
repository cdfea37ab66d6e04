// Keys on two replicas over one database, and the use case that throws one of them out.
import {
  type RevokeSigningKeyDeps,
  revokeSigningKey,
} from "../../../idp/ending/revoke-signing-key.ts";
import { keyRevocationRequestStore } from "../../../idp/records/key-revocations/key-revocation-request-store.ts";
import { deliveryStore } from "../../../idp/records/outbox/delivery-store.ts";
import type { Database } from "../../../prisma/database.ts";
import { aKeyLifecycle, type LifecycleOptions } from "../../keys/a-key-lifecycle.ts";
import { movableClock } from "../../support/movable-clock.ts";
import { at } from "../records/a-world.ts";

export const clock = movableClock(at(1));

export interface ReplicaOptions extends LifecycleOptions {
  readonly byTwo?: boolean;
  readonly deliveries?: RevokeSigningKeyDeps["deliveries"];
}

/** One replica; its keys are loaded. */
export async function aKeyReplica(database: Database, options: ReplicaOptions = {}) {
  const { byTwo = false, ...others } = options;
  const keys = aKeyLifecycle(database, clock, others);
  await keys.start();
  const outbox = deliveryStore(database, { lifetimeSeconds: 86_700 });
  const woken = { times: 0 };
  const useCase = revokeSigningKey({
    keys,
    requests: keyRevocationRequestStore(database),
    deliveries: options.deliveries ?? outbox,
    wake: () => {
      woken.times += 1;
    },
    clock,
    byTwo,
  });
  const kidIn = async (state: string): Promise<string> => {
    const found = (await keys.list()).find((key) => key.state === state);
    if (found === undefined) throw new Error(`no ${state} key`);
    return found.kid;
  };
  return { ...useCase, keys, outbox, woken, kidIn };
}

export type KeyReplica = Awaited<ReturnType<typeof aKeyReplica>>;
