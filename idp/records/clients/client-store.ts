// Clients, their secrets, and resources. Every change raises DirectoryVersion in its transaction, so
// that each replica knows when its copy of them is old; raising it first also puts all such changes
// in one row.
import type { Database, Orm } from "../../../prisma/database.ts";
import {
  type ClientSecret as ClientSecretRow,
  Prisma,
  type Resource as ResourceRow,
} from "../../../prisma/generated/client.ts";
import { hashOf, newCredential } from "../../protocol/credential.ts";
import type { AuditKind, Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { newIdentifier } from "../identifier.ts";
import { asObject, asStrings } from "../json.ts";
import { rememberGrantsOf } from "../statuses/deleted-grant-store.ts";
import { withoutNulls } from "../without-nulls.ts";
import {
  type Client,
  ClientExists,
  type ClientOrigin,
  type ClientPatch,
  type NewClient,
  type Resource,
  type TokenEndpointAuthMethod,
} from "./client.ts";
import { directoryVersion, raiseDirectoryVersion } from "./directory-version-store.ts";

/** Secrets that may count at once: the one in use, and the one a client moves to. */
const OVERLAPPING_SECRETS = 2;

export type ClientStore = ReturnType<typeof clientStore>;

export const clientStore = (database: Database) => ({
  /**
   * @param secret  the client's first secret; undefined for a public client
   * @throws ClientExists
   */
  async add(
    client: NewClient,
    secret: string | undefined,
    now: Date,
    cause: Cause,
  ): Promise<Client> {
    try {
      return await database.transaction(async (orm) => {
        await raiseDirectoryVersion(orm);
        return addClient(orm, client, secret, now, cause);
      });
    } catch (error) {
      if (isDuplicate(error)) throw new ClientExists();
      throw error;
    }
  },

  /** @returns false when there is no such client */
  update(id: string, patch: ClientPatch, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      const { count } = await orm.client.updateMany({
        where: { id },
        data: { ...columnsOf(patch), updatedAt: now },
      });
      if (count === 0) return false;
      const details = { changed: Object.keys(patch) };
      await writeAudit(orm, { ...auditOf("client.changed", id, now, cause), details });
      return true;
    });
  },

  /** Disabling takes access back as well, and is `ending`'s. @returns false when it was not disabled */
  enable(id: string, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      const { count } = await orm.client.updateMany({
        where: { id, disabledAt: { not: null } },
        data: { disabledAt: null, updatedAt: now },
      });
      if (count > 0) await writeAudit(orm, auditOf("client.enabled", id, now, cause));
      return count > 0;
    });
  },

  find: (id: string): Promise<Client | undefined> => findClient(database.orm, id),

  /** In the order of their ids. @param after  id of the last client already seen */
  async list(page: { limit: number; after?: string }): Promise<Client[]> {
    const rows = await database.orm.client.findMany({
      orderBy: { id: "asc" },
      take: page.limit,
      include: withSecrets,
      ...(page.after !== undefined && { cursor: { id: page.after }, skip: 1 }),
    });
    return rows.map(clientOf);
  },

  /** Those whose ID tokens are signed with something else, by name. */
  async listSignedOtherwise(algs: readonly string[], page: { limit: number }): Promise<Client[]> {
    const rows = await database.orm.client.findMany({
      where: { idTokenSignedResponseAlg: { notIn: [...algs] } },
      orderBy: [{ name: "asc" }, { id: "asc" }],
      take: page.limit,
      include: withSecrets,
    });
    return rows.map(clientOf);
  },

  /** The company's own sites that are open for use, by name. */
  async listFirstParty(): Promise<Client[]> {
    const rows = await database.orm.client.findMany({
      where: { firstParty: true, disabledAt: null },
      orderBy: [{ name: "asc" }, { id: "asc" }],
      include: withSecrets,
    });
    return rows.map(clientOf);
  },

  /**
   * A further secret, beside the newest there is; older ones end. Shown this once.
   * @returns undefined when there is no such client
   */
  addSecret(id: string, now: Date, cause: Cause): Promise<string | undefined> {
    const secret = newCredential("client-secret");
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      if (!(await orm.client.findUnique({ where: { id }, select: { id: true } }))) return undefined;
      const kept = await orm.clientSecret.findMany({
        where: { clientId: id },
        orderBy: newestFirst,
        take: OVERLAPPING_SECRETS - 1,
        select: { id: true },
      });
      await orm.clientSecret.deleteMany({
        where: { clientId: id, id: { notIn: kept.map((row) => row.id) } },
      });
      await orm.clientSecret.create({ data: { ...secretRow(secret, now), clientId: id } });
      await writeAudit(orm, auditOf("client.secret-added", id, now, cause));
      return secret;
    });
  },

  /** @returns false when the client has no such secret */
  removeSecret(id: string, secretId: string, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      const { count } = await orm.clientSecret.deleteMany({
        where: { id: secretId, clientId: id },
      });
      if (count > 0) await writeAudit(orm, auditOf("client.secret-removed", id, now, cause));
      return count > 0;
    });
  },

  /** With all that was ever granted to it. @returns false when there is no such client */
  remove(id: string, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      // The row is held from here on: nobody is granted anything between the two.
      await orm.client.updateMany({ where: { id }, data: { disabledAt: now } });
      return removeClient(orm, id, now, cause);
    });
  },

  /** Adds a resource, or says anew what it is. */
  putResource(resource: Resource, now: Date, cause: Cause): Promise<void> {
    const { identifier, ...columns } = resource;
    return database.transaction(async (orm) => {
      await raiseDirectoryVersion(orm);
      await orm.resource.upsert({
        where: { identifier },
        create: { ...resource, createdAt: now, updatedAt: now },
        update: { ...columns, updatedAt: now },
      });
      await writeAudit(orm, {
        at: now,
        kind: "resource.changed",
        outcome: "success",
        ...causedBy(cause),
        details: { resource: identifier },
      });
    });
  },

  async listResources(): Promise<Resource[]> {
    const rows = await database.orm.resource.findMany({ orderBy: { identifier: "asc" } });
    return rows.map(resourceOf);
  },

  /** Rises with every change above; 0 before the first. */
  directoryVersion: (): Promise<number> => directoryVersion(database.orm),
});

/** Within a transaction that has raised the directory's version. */
export async function addClient(
  orm: Orm,
  client: NewClient,
  secret: string | undefined,
  now: Date,
  cause: Cause,
): Promise<Client> {
  const row = await orm.client.create({
    data: {
      ...(client as Prisma.ClientCreateInput),
      ...(secret !== undefined && { secrets: { create: secretRow(secret, now) } }),
      createdAt: now,
      updatedAt: now,
    },
    include: withSecrets,
  });
  await writeAudit(orm, auditOf("client.added", client.id, now, cause));
  return clientOf(row);
}

/** Within a transaction that holds the client's row. @returns false when there is no such client */
export async function removeClient(orm: Orm, id: string, now: Date, cause: Cause) {
  await rememberGrantsOf(orm, id, now);
  const { count } = await orm.client.deleteMany({ where: { id } });
  if (count > 0) await writeAudit(orm, auditOf("client.removed", id, now, cause));
  return count > 0;
}

/** As this transaction sees it. */
export async function findClient(orm: Orm, id: string): Promise<Client | undefined> {
  const row = await orm.client.findUnique({ where: { id }, include: withSecrets });
  return row ? clientOf(row) : undefined;
}

const newestFirst: Prisma.ClientSecretOrderByWithRelationInput[] = [
  { createdAt: "desc" },
  { id: "desc" },
];
const withSecrets = { secrets: { orderBy: newestFirst } } satisfies Prisma.ClientInclude;

type ClientRow = Prisma.ClientGetPayload<{ include: typeof withSecrets }>;

/** Prisma has a null of its own for JSON. */
export const columnsOf = ({
  jwks,
  ...patch
}: ClientPatch): Prisma.ClientUpdateManyMutationInput => ({
  ...(patch as Prisma.ClientUpdateManyMutationInput),
  ...(jwks !== undefined && { jwks: jwks === null ? Prisma.DbNull : (jwks as object) }),
});

export const secretRow = (secret: string, now: Date) => ({
  id: newIdentifier(),
  secretHash: hashOf(secret),
  createdAt: now,
});

export const auditOf = (kind: AuditKind, clientId: string, at: Date, cause: Cause) => ({
  at,
  kind,
  outcome: "success" as const,
  clientId,
  ...causedBy(cause),
});

function clientOf(row: ClientRow): Client {
  const { updatedAt: _, secrets, metadata, tokenEndpointAuthMethod, origin, ...columns } = row;
  return {
    ...withoutNulls(columns),
    tokenEndpointAuthMethod: tokenEndpointAuthMethod as TokenEndpointAuthMethod,
    origin: origin as ClientOrigin,
    metadata: asObject(metadata),
    secrets: secrets.map(clientSecretOf),
  };
}

const clientSecretOf = ({ clientId: _, secretHash, ...row }: ClientSecretRow) => ({
  ...withoutNulls(row),
  hash: secretHash,
});

const resourceOf = (row: ResourceRow): Resource => ({
  identifier: row.identifier,
  name: row.name,
  scopes: asStrings(row.scopes),
  public: row.public,
});

const isDuplicate = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
