// Who is behind the audit's actors, by name, as far as the accounts still exist.
import type { Account } from "../../records/accounts/account.ts";
import { type AccountNames, accountOf } from "./key-history.ts";

export interface FindsAccounts {
  find(id: string): Promise<Account | undefined>;
}

export async function accountNames(
  accounts: FindsAccounts,
  actors: readonly string[],
): Promise<AccountNames> {
  const ids = new Set(actors.flatMap((actor) => accountOf(actor) ?? []));
  const found = await Promise.all([...ids].map((id) => accounts.find(id)));
  return new Map(found.flatMap((account) => (account ? [[account.id, account.name]] : [])));
}
