// A site that holds two keys of its issuer's, the one that signs and the one that is to come, and what the issuer
// (or somebody in its name) says to that site about them.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { aSite, type SiteWorld, type SiteWorldOptions } from "./a-site.ts";
import { aSigningKey, type SigningKey } from "./an-issuer.ts";

export const PROBE = "key-probe+jwt";
export const NOTICE = "key-notice+jwt";

/** Made once per test file, since making them takes a while. */
const keys = Promise.all([aSigningKey(), aSigningKey(), aSigningKey()]);

type Changes = Record<string, unknown>;

export interface SiteWithTwoKeys extends SiteWorld {
  old: SigningKey;
  next: SigningKey;
  /** A key that the issuer never published. */
  unpublished: SigningKey;
  /** What every rotation and every emergency comes to: the next key signs. */
  promote(...others: SigningKey[]): void;
  /** Signed by the next key unless told otherwise. */
  probe(claims?: Changes, header?: Changes, key?: SigningKey): Promise<string>;
  notice(revoked: unknown, claims?: Changes, header?: Changes, key?: SigningKey): Promise<string>;
  /** What the site answers to an event. */
  send(token: string): Promise<Changes & { status: number }>;
  /** Whether the site's API takes a token by this key. */
  accepts(key: SigningKey): Promise<boolean>;
  /** Nobody is distrusted: neither now nor, by the file, after a restart. */
  expectNothingChanged(): Promise<void>;
}

export async function aSiteWithTwoKeys(options?: SiteWorldOptions): Promise<SiteWithTwoKeys> {
  const [old, next, unpublished] = await keys;
  const world = await aSite({
    ...options,
    issuerIs(issuer) {
      issuer.key = old;
      issuer.otherKeys = [next];
    },
  });
  const { issuer } = world;
  const accepts = async (key: SigningKey) => {
    const token = await issuer.accessToken({ aud: `${world.baseUrl}/api` }, {}, key);
    return (await world.api(token)).status === 200;
  };
  return Object.assign(world, {
    old,
    next,
    unpublished,
    promote(...others: SigningKey[]) {
      issuer.key = next;
      issuer.otherKeys = others;
    },
    probe: (claims: Changes = {}, header: Changes = {}, key = next) =>
      issuer.keyEvent(PROBE, claims, header, key),
    notice: (revoked: unknown, claims: Changes = {}, header: Changes = {}, key = next) =>
      issuer.keyEvent(NOTICE, { revoked, ...claims }, header, key),
    async send(token: string) {
      const { status, text } = await world.keyEvent(token);
      return { status, ...JSON.parse(text) };
    },
    accepts,
    async expectNothingChanged() {
      expect(await accepts(old)).toBe(true);
      expect(await accepts(next)).toBe(true);
      const kept = await readFile(join(world.dataDirectory, "key-set.json"), "utf8");
      expect(JSON.parse(kept).distrusted).toEqual([]);
    },
  });
}
