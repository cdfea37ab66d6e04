// Clients that register themselves and manage their registration (RFC 7591, RFC 7592). Every statement
// carries what entitles to it: a use of an initial access token, a place among strangers, or the
// client's own registration access token.
import type { Database, Orm } from "../../../prisma/database.ts";
import type { Prisma } from "../../../prisma/generated/client.ts";
import { hashOf } from "../../protocol/credential.ts";
import type { Cause } from "../audit/audit-event.ts";
import { writeAudit } from "../audit/audit-store.ts";
import type { EndReason } from "../end-reason.ts";
import { secondsBefore } from "../lifetimes.ts";
import { type Client, type ClientPatch, type NewClient, usesSecret } from "./client.ts";
import {
  addClient,
  auditOf,
  columnsOf,
  findClient,
  removeClient,
  secretRow,
} from "./client-store.ts";
import { raiseDirectoryVersion } from "./directory-version-store.ts";
import { spendInitialAccessToken } from "./initial-access-token-store.ts";

/** What lets a client in. */
export type Admission =
  /** The one token of the settings. */
  | { readonly kind: "configured-token" }
  | { readonly kind: "initial-access-token"; readonly id: string }
  | { readonly kind: "open" };

export type Registered =
  | { readonly kind: "registered"; readonly client: Client }
  /** Used up, ended or expired since it was looked up. */
  | { readonly kind: "token-spent" }
  | { readonly kind: "too-many-strangers" };

/** How many clients strangers may register within an hour, all together. */
const STRANGERS_PER_HOUR = 300;
const ONE_HOUR_SECONDS = 3_600;

const CHANGED: EndReason = "registration-changed";

/** How the audit names those who came without a token. */
export const STRANGER = "anonymous";

export type RegistrationStore = ReturnType<typeof registrationStore>;

export const registrationStore = (database: Database) => ({
  /** @param secret  its first secret; undefined for a public client */
  register(
    client: NewClient,
    secret: string | undefined,
    admission: Admission,
    now: Date,
    cause: Cause,
  ): Promise<Registered> {
    return database.transaction(async (orm): Promise<Registered> => {
      // It also puts registrations in a row, so that strangers are counted exactly.
      await raiseDirectoryVersion(orm);
      if (admission.kind === "open" && (await strangersSince(orm, now)) >= STRANGERS_PER_HOUR)
        return { kind: "too-many-strangers" };
      if (admission.kind === "initial-access-token") {
        if (!(await spendInitialAccessToken(orm, admission.id, now)))
          return { kind: "token-spent" };
      }
      const from =
        admission.kind === "initial-access-token" ? { initialAccessTokenId: admission.id } : {};
      const added = await addClient(orm, { ...client, ...from }, secret, now, cause);
      return { kind: "registered", client: added };
    });
  },

  /**
   * Puts a new description in the place of the old one, and ends what it does not allow any more. A
   * client that becomes confidential gets the secret offered; one that needs none loses its own.
   * @returns undefined when the token is not this client's, or the client is disabled or gone
   */
  replace(
    { id, registrationToken }: OwnRegistration,
    description: ClientPatch & Pick<NewClient, "tokenEndpointAuthMethod">,
    offeredSecret: string,
    now: Date,
    cause: Cause,
  ): Promise<{ client: Client; gotSecret: boolean } | undefined> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      const before = await findClient(orm, id);
      const { count } = await orm.client.updateMany({
        where: own({ id, registrationToken }),
        data: { ...columnsOf(description), updatedAt: now },
      });
      if (count === 0 || !before) return undefined;

      const gotSecret = usesSecret(description) && before.secrets.length === 0;
      if (gotSecret) {
        await orm.clientSecret.create({ data: { ...secretRow(offeredSecret, now), clientId: id } });
      }
      if (!usesSecret(description)) {
        await orm.clientSecret.deleteMany({ where: { clientId: id } });
      }
      const client = (await findClient(orm, id)) ?? before;
      const grantsEnded = await endWhatIsNotAllowed(orm, before, client, now);
      const details = { grantsEnded, secret: gotSecret ? "added" : "unchanged" };
      await writeAudit(orm, { ...auditOf("client.changed", id, now, cause), details });
      return { client, gotSecret };
    });
  },

  /** With all that was ever granted to it. @returns false as `replace` returns undefined */
  remove({ id, registrationToken }: OwnRegistration, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      // The row is held from here on: nobody is granted anything between the two.
      const { count } = await orm.client.updateMany({
        where: own({ id, registrationToken }),
        data: { disabledAt: now },
      });
      return count > 0 && removeClient(orm, id, now, cause);
    });
  },
});

export interface OwnRegistration {
  readonly id: string;
  readonly registrationToken: string;
}

const own = ({ id, registrationToken }: OwnRegistration) => ({
  id,
  registrationTokenHash: hashOf(registrationToken),
  disabledAt: null,
});

/** Counted in the audit, where those that were deleted since are as well. */
const strangersSince = (orm: Orm, now: Date): Promise<number> =>
  orm.auditEvent.count({
    where: {
      kind: "client.added",
      actor: STRANGER,
      at: { gt: secondsBefore(now, ONE_HOUR_SECONDS) },
    },
  });

/**
 * Grants with a scope that is gone, those whose code waits at an address that is gone, and everything
 * once people may not be asked any more.
 */
async function endWhatIsNotAllowed(orm: Orm, before: Client, after: Client, now: Date) {
  const gone = <T>(old: readonly T[], left: readonly T[]) =>
    old.filter((one) => !left.includes(one));
  const scopes = gone(before.scopes, after.scopes);
  const redirectUris = gone(before.redirectUris, after.redirectUris);
  const grantTypes = gone(before.grantTypes, after.grantTypes);
  const endings: Prisma.GrantWhereInput[] = [
    ...(scopes.length > 0 ? [{ scopes: { hasSome: scopes } }] : []),
    ...(redirectUris.length > 0
      ? [{ codes: { some: { redirectUri: { in: redirectUris }, usedAt: null } } }]
      : []),
    ...(grantTypes.includes("authorization_code") ? [{ kind: { not: "client" } }] : []),
    ...(grantTypes.includes("client_credentials") ? [{ kind: "client" }] : []),
  ];
  if (endings.length === 0) return 0;
  // What waits for a person was asked under the old description.
  await orm.interaction.deleteMany({ where: { clientId: after.id } });
  const { count } = await orm.grant.updateMany({
    where: { clientId: after.id, revokedAt: null, OR: endings },
    data: { revokedAt: now, revokedReason: CHANGED, standingKey: null },
  });
  return count;
}
