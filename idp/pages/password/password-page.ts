/**
 * GET and POST /set-password/:link: a person chooses a password through a single-use link (security
 * P8, P9). Setting it ends every session and grant there was: the link may have replaced a password
 * that somebody else knew.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { ChangePassword } from "../../ending/change-password.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { readForm } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { cause } from "../../http/request-context.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import type { Account } from "../../records/accounts/account.ts";
import {
  type ChosenPasswordProblem,
  readChosenPassword,
} from "../../records/accounts/chosen-password.ts";
import type { PasswordHasher } from "../../records/accounts/password-hasher.ts";
import type { PasswordLinkStore } from "../../records/accounts/password-link-store.ts";
import { SHORTEST_CHARACTERS } from "../../records/accounts/password-policy.ts";

export interface PasswordPageDeps {
  issuer: string;
  cookies: CookieJar;
  passwordLinks: Pick<PasswordLinkStore, "find">;
  hasher: Pick<PasswordHasher, "hash">;
  changePassword: Pick<ChangePassword, "byLink">;
  clock: Clock;
}

const PasswordForm = z.object({
  csrf: z.string().optional(),
  password: z.string().optional(),
  repeat: z.string().optional(),
});
export const passwordPage = (deps: PasswordPageDeps) => {
  const { issuer, cookies, passwordLinks, hasher, changePassword, clock } = deps;
  const issuerHost = new URL(issuer).host;

  async function show(ctx: Context): Promise<void> {
    const { link, account } = await requireLink(ctx);
    draw(ctx, link, account);
  }

  async function submit(ctx: Context): Promise<void> {
    const { link, account } = await requireLink(ctx);
    requireSameOrigin(ctx, issuer);
    const form = await readForm(ctx, PasswordForm);
    requireCsrf(form.csrf, cookies.read(ctx, "browser"), purpose(link));
    const chosen = readChosenPassword(form, account);
    if (chosen.problem) {
      ctx.status = 400;
      return draw(ctx, link, account, chosen.problem);
    }

    const hash = await hasher.hash(chosen.password);
    const now = clock.now();
    const by = cause(ctx, `account:${account.id}`);
    const used = { link, accountId: account.id };
    if (!(await changePassword.byLink(used, hash, now, by))) throw linkGone();
    cookies.clear(ctx, "session");
    const { name, email } = account;
    render(ctx, "password", { kind: "done", issuerHost, person: { name, email }, signIn: "/" });
  }

  async function requireLink(ctx: Context): Promise<{ link: string; account: Account }> {
    const link: unknown = ctx.params.link;
    const isLink = typeof link === "string" && isCredential("password-link", link);
    const account = isLink ? await passwordLinks.find(link, clock.now()) : undefined;
    if (!isLink || !account) throw linkGone();
    return { link, account };
  }

  function draw(
    ctx: Context,
    link: string,
    account: Account,
    problem?: ChosenPasswordProblem,
  ): void {
    const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
    cookies.set(ctx, "browser", browser);
    render(ctx, "password", {
      kind: "form",
      issuerHost,
      person: { name: account.name, email: account.email },
      action: `/set-password/${link}`,
      csrf: csrfToken(browser, purpose(link)),
      minimumLength: SHORTEST_CHARACTERS,
      problem,
    });
  }

  return { show, submit };
};

/** The hash, so that not even a form token is made of the link itself. */
const purpose = (link: string) => `set-password:${hashOf(link)}`;

const linkGone = () =>
  new PageProblem({
    status: 400,
    title: "This link does not work any more",
    explanation: "It has been used, is older than it may be, or was not copied as a whole.",
    whatNext: ["Ask whoever sent it to you for a new one."],
  });
