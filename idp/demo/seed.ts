// Puts the demo's people and sites into the database. Whatever is there already stays: a second start
// finds the same people with the same passphrases, and sites whose addresses have moved are followed.
import { SettingError } from "../config.ts";
import { matchesHash } from "../protocol/credential.ts";
import type { AccountStore } from "../records/accounts/account-store.ts";
import type { PasswordHasher } from "../records/accounts/password-hasher.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import type { NewClient } from "../records/clients/client.ts";
import type { ClientStore } from "../records/clients/client-store.ts";
import { demoSignIns } from "./demo-people.ts";
import { type DemoSite, demoClientSecret, demoSites } from "./demo-sites.ts";

export interface SeedDeps {
  accounts: AccountStore;
  clientStore: ClientStore;
  hasher: Pick<PasswordHasher, "hash">;
  clock: { now(): Date };
  dataDirectory: string;
  sites: { bank: string; retirement: string };
}

/** Demo mode would hand out passphrases beside real people's accounts. */
export class NotADemoDatabase extends SettingError {
  constructor() {
    super("DEMO", "must not be true on a database that holds accounts the demo did not make");
  }
}

const CAUSE: Cause = { actor: "system", reason: "demo" };

/** @throws NotADemoDatabase */
export async function requireDemoDatabase(accounts: Pick<AccountStore, "holdsOnlyDemo">) {
  if (!(await accounts.holdsOnlyDemo())) throw new NotADemoDatabase();
}

/** Into a database that `requireDemoDatabase` has let pass. */
export async function seedDemo(deps: SeedDeps): Promise<void> {
  await seedPeople(deps);
  for (const site of demoSites(deps.sites, deps.dataDirectory)) await seedSite(deps, site);
}

async function seedPeople({ accounts, hasher, clock, dataDirectory }: SeedDeps): Promise<void> {
  for (const person of demoSignIns(dataDirectory)) {
    const account = await accounts.findByEmail(person.email);
    if (account && !person.isNew) continue;
    const passwordHash = await hasher.hash(person.password);
    // The file was lost and the database was not: the file's new passphrase must open the account.
    if (account) await accounts.setPassword(account.id, passwordHash, clock.now(), CAUSE);
    else
      await accounts.add(
        {
          email: person.email,
          name: person.name,
          emailVerified: true,
          claims: person.claims,
          passwordHash,
          isAdmin: person.administrator ?? false,
          isKeyAdmin: person.administrator ?? false,
          isDemo: true,
        },
        clock.now(),
        CAUSE,
      );
  }
}

async function seedSite({ clientStore, clock }: SeedDeps, site: DemoSite): Promise<void> {
  const secret = demoClientSecret(site);
  const known = await clientStore.find(site.client.id);
  if (!known) await clientStore.add(site.client, secret, clock.now(), CAUSE);
  else {
    // Two of a demo's files do not belong together: the site's file decides, as with a new client.
    if (!known.secrets.some(({ hash }) => matchesHash(secret, hash))) {
      await clientStore.remove(known.id, clock.now(), CAUSE);
      await clientStore.add(site.client, secret, clock.now(), CAUSE);
    } else if (isElsewhere(known, site.client)) {
      const { redirectUris, postLogoutRedirectUris, resources, metadata } = site.client;
      const { keyEventsUri = null, backchannelLogoutUri = null } = site.client;
      const addresses = {
        redirectUris,
        postLogoutRedirectUris,
        keyEventsUri,
        backchannelLogoutUri,
      };
      const moved = { ...addresses, resources, metadata, backchannelLogoutSessionRequired: true };
      await clientStore.update(known.id, moved, clock.now(), CAUSE);
    }
  }
  const { identifier } = site.resource;
  const resources = await clientStore.listResources();
  if (!resources.some((resource) => resource.identifier === identifier))
    await clientStore.putResource(site.resource, clock.now(), CAUSE);
}

/** Its address has moved, or it was seeded before sites heard of keys and sign-outs. */
const isElsewhere = (known: NewClient, described: NewClient): boolean =>
  known.redirectUris.join() !== described.redirectUris.join() ||
  known.keyEventsUri !== described.keyEventsUri ||
  known.backchannelLogoutUri !== described.backchannelLogoutUri;
