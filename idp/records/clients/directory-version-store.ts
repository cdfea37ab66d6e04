import type { Orm } from "../../../prisma/database.ts";

/** The one row. */
const id = 1;

/** Within a transaction of the caller, as its first statement: this row puts such changes in order. */
export async function raiseDirectoryVersion(orm: Orm): Promise<void> {
  await orm.directoryVersion.upsert({
    where: { id },
    create: { id, version: 1 },
    update: { version: { increment: 1 } },
  });
}

export async function directoryVersion(orm: Orm): Promise<number> {
  return (await orm.directoryVersion.findUnique({ where: { id } }))?.version ?? 0;
}
