import type { Client } from "../../records/clients/client.ts";
import { deviceInWords } from "../../records/sessions/device-words.ts";
import type { ListedSession } from "../../records/sessions/session-list-store.ts";
import type { AccountForm, SessionRow } from "./account-model.ts";
import { endPath, notMePath } from "./account-paths.ts";

/**
 * A person's sign-ins as they are shown: the odd ones first, then this browser's, then the rest in the
 * order they come in.
 */
export function sessionRows(
  sessions: readonly ListedSession[],
  here: string,
  { clients, form }: { clients: ReadonlyMap<string, Client>; form: (to: string) => AccountForm },
): SessionRow[] {
  const rows = sessions.map((session): SessionRow => {
    const isHere = session.id === here;
    return {
      device: deviceInWords(session.userAgent),
      isHere,
      isOdd: session.isNewDevice && !isHere,
      sites: session.clientIds.flatMap((id) => clients.get(id)?.name ?? []),
      signedInAt: session.authenticatedAt,
      lastSeenAt: session.lastUsedAt,
      ...(isHere ? {} : { end: form(endPath(session.id)), notMe: notMePath(session.id) }),
    };
  });
  const place = ({ isOdd, isHere }: SessionRow) => (isOdd ? 0 : isHere ? 1 : 2);
  return rows.sort((a, b) => place(a) - place(b));
}
