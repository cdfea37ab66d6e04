import type { Prisma } from "./generated/client.ts";

/** What can be bound to a statement's `$1`, `$2`, …. JSON goes in as its text. */
export type SqlValue = string | number | boolean | Date | null | readonly string[];

/** Prisma's own words for an adapter, a connection of it and its transactions. */
export type AdapterFactory = NonNullable<Prisma.PrismaClientOptions["adapter"]>;
export type Adapter = Awaited<ReturnType<AdapterFactory["connect"]>>;
export type AdapterTransaction = Awaited<ReturnType<Adapter["startTransaction"]>>;

/** One open transaction, for migrations: statements with values, and whole scripts. */
export interface MigrationSession {
  query(text: string, values?: readonly SqlValue[]): Promise<Record<string, unknown>[]>;
  script(text: string): Promise<void>;
}

/** What the two databases differ in. Both answer in the same shapes: Date, number, string[], JSON. */
export interface Driver {
  readonly kind: "postgresql" | "pglite";
  readonly adapter: AdapterFactory;
  query(name: string, text: string, values: readonly SqlValue[]): Promise<unknown[]>;
  /** One transaction on one connection; nothing of it remains when `work` throws. */
  migrate<T>(work: (session: MigrationSession) => Promise<T>): Promise<T>;
  /** Calls `heard` when something is announced on the channel, and when that may have been missed. */
  listen(channel: string, heard: () => void): Listening;
  close(): Promise<void>;
}

export interface Listening {
  stop(): Promise<void>;
}
