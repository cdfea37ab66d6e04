// Which keys the page lists, the newest first: all that live, and the last of those that are gone.
import type { KeyView } from "../../../keys/key-view.ts";

const MOST_GONE = 10;

export function shownKeys(keys: readonly KeyView[]): { keys: KeyView[]; olderKeys: number } {
  const isGone = ({ state }: KeyView) => state === "retired" || state === "revoked";
  const gone = keys.filter(isGone);
  const older = new Set(gone.slice(0, Math.max(0, gone.length - MOST_GONE)));
  return { keys: keys.filter((key) => !older.has(key)).reverse(), olderKeys: older.size };
}
