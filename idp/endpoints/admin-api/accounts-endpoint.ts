import type { Context } from "koa";
import type { EndAccess } from "../../ending/end-access.ts";
import { sendJson } from "../../http/respond.ts";
import { invalidRequest } from "../../protocol/oauth-error.ts";
import { type Account, AccountExists } from "../../records/accounts/account.ts";
import type { AccountStore } from "../../records/accounts/account-store.ts";
import type { PasswordHasher } from "../../records/accounts/password-hasher.ts";
import type { PasswordLinkStore } from "../../records/accounts/password-link-store.ts";
import { checkNewPassword } from "../../records/accounts/password-policy.ts";
import { NewAccount } from "./account-request.ts";
import { accountAnswer } from "./answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { pathParameter, readPage, readRequest } from "./request-endpoint.ts";
import { PerhapsReason, WithReason } from "./words.ts";

export interface AccountsEndpointDeps {
  accounts: Pick<AccountStore, "add" | "enable" | "find" | "findByEmail" | "list">;
  passwordLinks: Pick<PasswordLinkStore, "create">;
  hasher: Pick<PasswordHasher, "hash">;
  endAccess: EndAccess;
  clock: { now(): Date };
  /** Accounts added to a demo are the demo's, or its next start would refuse them as real ones. */
  config: { readonly demo: boolean };
  issuer: string;
  passwordLinkSeconds: number;
}

/** People: added, shown, disabled, enabled, and given a link to set a password. */
export const accountsEndpoint = (deps: AccountsEndpointDeps) => {
  const { accounts, passwordLinks, hasher, endAccess, clock, issuer, passwordLinkSeconds } = deps;

  /** Named by e-mail address or by id (the `sub` that sites know). */
  const requireAccount = async (ctx: Context): Promise<Account> => {
    const named = pathParameter(ctx, "account");
    const account = await (named.includes("@")
      ? accounts.findByEmail(named)
      : accounts.find(named));
    return account ?? ctx.throw(404, "There is no such account");
  };

  const newPasswordLink = async (ctx: Context, account: Account, reason?: string) => {
    const now = clock.now();
    const link = await passwordLinks.create(
      account.id,
      now,
      passwordLinkSeconds,
      operatorCause(ctx, { reason }),
    );
    return {
      url: `${issuer}/set-password/${link}`,
      expires_at: new Date(now.getTime() + passwordLinkSeconds * 1000).toISOString(),
    };
  };

  return {
    async list(ctx: Context) {
      const page = readPage(ctx);
      const found = await accounts.list(page);
      const next = found.length === page.limit ? found.at(-1)?.id : undefined;
      sendJson(ctx, { accounts: found.map(accountAnswer), next });
    },

    async show(ctx: Context) {
      sendJson(ctx, accountAnswer(await requireAccount(ctx)));
    },

    /** Without a password the answer carries a single-use link to set one. */
    async add(ctx: Context) {
      const { password, admin, key_admin, ...person } = await readRequest(ctx, NewAccount);
      const problem = password === undefined ? undefined : checkNewPassword(password, person);
      if (problem !== undefined) throw invalidRequest(`password: ${problem}`);
      const passwordHash = password === undefined ? undefined : await hasher.hash(password);
      const account = await accounts
        .add(
          {
            ...person,
            isAdmin: admin,
            isKeyAdmin: key_admin,
            isDemo: deps.config.demo,
            ...(passwordHash === undefined ? {} : { passwordHash }),
          },
          clock.now(),
          operatorCause(ctx),
        )
        .catch((error: unknown) => {
          if (error instanceof AccountExists)
            ctx.throw(409, "There is an account with this e-mail");
          throw error;
        });
      const link = passwordHash === undefined ? await newPasswordLink(ctx, account) : undefined;
      sendJson(ctx, { ...accountAnswer(account), password_link: link }, { status: 201 });
    },

    /** Ends every session and grant of the account as well. */
    async disable(ctx: Context) {
      const { reason } = await readRequest(ctx, WithReason);
      const { id } = await requireAccount(ctx);
      const ended = await endAccess(
        { kind: "account", accountId: id },
        "account-disabled",
        clock.now(),
        operatorCause(ctx, { reason }),
      );
      sendJson(ctx, {
        ...accountAnswer(await requireAccount(ctx)),
        sessions_ended: ended.sessionIds.length,
        grants_ended: ended.grants,
      });
    },

    async enable(ctx: Context) {
      const request = await readRequest(ctx, PerhapsReason);
      const { id } = await requireAccount(ctx);
      await accounts.enable(id, clock.now(), operatorCause(ctx, request));
      sendJson(ctx, accountAnswer(await requireAccount(ctx)));
    },

    async passwordLink(ctx: Context) {
      const { reason } = await readRequest(ctx, PerhapsReason);
      sendJson(ctx, await newPasswordLink(ctx, await requireAccount(ctx), reason));
    },
  };
};
