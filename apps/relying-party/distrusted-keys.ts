// Keys that a site refuses, whoever publishes them, and since when. A notice is believed at once, but not for
// ever: whoever stole a signing key could sign one that names the very key meant to replace it. The provider's
// own answer, over TLS and to this site alone, then says which of the named keys really are revoked.
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";

export interface DistrustedKey {
  kid: string;
  /** When this site began to refuse it. */
  at: Date;
  /** Whether more than a notice says so. */
  confirmed: boolean;
}

/** Who may not be believed. Each change counts at once in memory, and resolves when it has been kept. */
export interface DistrustedKeys {
  /** Refuses keys from now on, also across restarts, whatever the provider publishes. */
  distrust(kids: readonly string[]): Promise<void>;
  /** The same on the word of a notice alone: `settle` confirms it or takes it back. */
  suspect(kids: readonly string[]): Promise<void>;
  /**
   * Takes the provider's own word on which keys are revoked, and distrusts those.
   * @param asked  what was suspected when the provider was asked; what it does not confirm is trusted again
   */
  settle(word: { revoked: readonly string[]; asked: readonly string[] }): Promise<void>;
  isDistrusted(kid: string): boolean;
  /** In the order in which they came to be refused. */
  distrusted(): DistrustedKey[];
}

export function createDistrustedKeys(options: {
  clock: Clock;
  logger: Logger;
  /** Told of every change; resolves when it has been kept. */
  changed: () => Promise<void>;
}): DistrustedKeys & { restore(kept: readonly DistrustedKey[]): void } {
  const { clock, logger, changed } = options;
  const byKid = new Map<string, DistrustedKey>();

  const refuse = async (kids: readonly string[], confirmed: boolean) => {
    const isNews = (kid: string) => !byKid.has(kid) || (confirmed && !byKid.get(kid)?.confirmed);
    const news = kids.filter(isNews);
    for (const kid of news) {
      byKid.set(kid, { kid, at: byKid.get(kid)?.at ?? clock.now(), confirmed });
    }
    if (news.length > 0) await changed();
  };

  return {
    distrust: (kids) => refuse(kids, true),
    suspect: (kids) => refuse(kids, false),
    async settle({ revoked, asked }) {
      await refuse(revoked, true);
      const wronged = asked.filter((kid) => byKid.get(kid)?.confirmed === false);
      if (wronged.length === 0) return;
      for (const kid of wronged) byKid.delete(kid);
      logger.error({ kids: wronged }, "a notice named keys that the provider has not revoked");
      await changed();
    },
    isDistrusted: (kid) => byKid.has(kid),
    distrusted: () => [...byKid.values()],
    restore(kept) {
      for (const key of kept) byKid.set(key.kid, key);
    },
  };
}
