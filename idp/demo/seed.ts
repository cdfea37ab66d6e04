// Puts the demo's people and sites into the database. Whatever is there already stays: a second start
// finds the same people with the same passphrases, and sites whose addresses have moved are followed.
import { SettingError } from "../config.ts";
import type { AccountStore } from "../records/accounts/account-store.ts";
import type { PasswordHasher } from "../records/accounts/password-hasher.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import type { NewClient } from "../records/clients/client.ts";
import type { ClientStore } from "../records/clients/client-store.ts";
import { demoSignIns } from "./demo-people.ts";
import { type DemoSite, demoSites, writeClientFile } from "./demo-sites.ts";

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
  const known = await clientStore.find(site.client.id);
  if (!known) await clientStore.add(site.client, undefined, clock.now(), CAUSE);
  else if (isOtherwise(known, site.client)) {
    const { id: _, origin: __, ...described } = site.client;
    await clientStore.update(known.id, described, clock.now(), CAUSE);
  }
  writeClientFile(site);
  const { identifier } = site.resource;
  const resources = await clientStore.listResources();
  if (!resources.some((resource) => resource.identifier === identifier))
    await clientStore.putResource(site.resource, clock.now(), CAUSE);
}

/** Its address has moved, or it was seeded before sites heard of keys and sign-outs or had keys of their own. */
const isOtherwise = (known: NewClient, described: NewClient): boolean =>
  known.redirectUris.join() !== described.redirectUris.join() ||
  known.keyEventsUri !== described.keyEventsUri ||
  known.backchannelLogoutUri !== described.backchannelLogoutUri ||
  known.tokenEndpointAuthMethod !== described.tokenEndpointAuthMethod ||
  known.jwksUri !== described.jwksUri ||
  known.metadata.initiate_login_uri !== described.metadata.initiate_login_uri;
