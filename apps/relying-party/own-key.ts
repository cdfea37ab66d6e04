// The key of this site for as long as it runs: there before the first sign-in, and its public half where the
// provider fetches it (`jwks_uri`).
import type { ClientKey } from "./client-key.ts";
import { clientKeyIn } from "./client-key-file.ts";
import type { Clock } from "./clock.ts";
import type { SiteMiddleware } from "./visit.ts";

export interface OwnKey {
  /** @throws Error before `start` has resolved */
  get(): ClientKey;
  /** GET /client-keys. */
  show: SiteMiddleware;
  /** @throws SiteConfigError when its file is no key */
  start(): Promise<void>;
}

export function createOwnKey({ path, clock }: { path: string; clock: Clock }): OwnKey {
  let key: ClientKey | undefined;
  const get = () => {
    if (!key) throw new Error("the site's own key has not been read yet");
    return key;
  };
  return {
    get,
    show(ctx) {
      // The provider may hold it for a while, and asks again at once for a key that is new to it.
      ctx.set("Cache-Control", "public, max-age=300");
      ctx.body = key?.publicSet ?? { keys: [] };
    },
    async start() {
      key = await clientKeyIn(path, clock);
    },
  };
}
