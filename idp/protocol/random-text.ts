// Random text for secrets and names, from the system's generator some kilobytes at a time: to ask it for each
// would cost more than all else that makes a name. What has been handed out is wiped.
import { randomFillSync } from "node:crypto";

const pool = Buffer.allocUnsafeSlow(8 * 1024);
let next = pool.length;

/** So many random bytes, in base64url. */
export function randomText(bytes: number): string {
  if (next + bytes > pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const end = next + bytes;
  const text = pool.toString("base64url", next, end);
  pool.fill(0, next, end);
  next = end;
  return text;
}
