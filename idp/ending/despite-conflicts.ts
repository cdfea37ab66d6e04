// An emergency is not refused because of what others did in the same moment: their transaction held
// rows that this one wanted while it wanted theirs, or a client was deleted that was to be told.
import { Prisma } from "../../prisma/generated/client.ts";

const TRIES = 3;
/** A deadlock or write conflict, and a row that refers to one that has just gone. */
const CONFLICTS: readonly string[] = ["P2034", "P2003"];

/** @param change  rolls back as a whole when it fails */
export async function despiteConflicts<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change();
    } catch (error) {
      if (tries >= TRIES || !isConflict(error)) throw error;
    }
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && CONFLICTS.includes(error.code);
