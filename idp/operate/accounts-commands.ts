import type { Command } from "commander";
import { z } from "zod";
import { AccountAnswer, PasswordLinkAnswer } from "../endpoints/admin-api/answers.ts";
import type { AdminClient } from "./admin-client.ts";
import { Refusal } from "./config.ts";
import { everyPage } from "./every-page.ts";
import { readJsonObject, readPassword } from "./input.ts";
import type { Operate } from "./operate.ts";
import { facts, table } from "./output.ts";

type Account = z.output<typeof AccountAnswer>;

const AddedAccount = AccountAnswer.extend({ password_link: PasswordLinkAnswer.optional() });
const EndedAccount = AccountAnswer.extend({ sessions_ended: z.int(), grants_ended: z.int() });
const AccountsPage = z.object({ accounts: z.array(AccountAnswer), next: z.string().optional() });

interface AddOptions {
  email: string;
  name: string;
  admin?: true;
  keyAdmin?: true;
  claimsJson?: string;
  passwordStdin?: true;
}

export function accountsCommands(program: Command, { admin, say, stdin }: Operate): void {
  const accounts = program.command("accounts").description("the people who can sign in");

  accounts
    .command("add")
    .description(
      "add a person; without --password-stdin, print a single-use link to set a password",
    )
    .requiredOption("--email <address>", "what they sign in with")
    .requiredOption("--name <name>", "their full name")
    .option("--admin", "may use the console")
    .option("--key-admin", "may rotate and revoke signing keys there")
    .option("--claims-json <file>", "further claims (OpenID Connect Core 5.1) as JSON; - for stdin")
    .option("--password-stdin", "read the password from standard input")
    .action(async (options: AddOptions) => {
      if (options.claimsJson === "-" && options.passwordStdin)
        throw new Refusal("--claims-json - and --password-stdin cannot both read standard input");
      const claims = options.claimsJson
        ? await readJsonObject("--claims-json", options.claimsJson, stdin)
        : undefined;
      const password = options.passwordStdin ? await readPassword(stdin) : undefined;
      const { email, name, admin: isAdmin, keyAdmin: key_admin } = options;
      const request = { email, name, admin: isAdmin, key_admin, claims, password };
      const account = await admin().ask("POST", "/accounts", AddedAccount, request);
      const link = account.password_link;
      say(account, [...describe(account), ...(link ? ["", ...linkLines(account, link)] : [])]);
    });

  accounts
    .command("list")
    .description("everybody, by e-mail address")
    .action(async () => {
      const everybody = await allAccounts(admin());
      const rows = everybody.map((one) => [one.email, one.name, standing(one), one.id]);
      say(everybody, table(["E-MAIL", "NAME", "STANDING", "ID"], rows, "There are no accounts."));
    });

  accounts
    .command("show")
    .description("one person")
    .argument("<account>", "e-mail address or id")
    .action(async (account: string) => {
      const shown = await admin().ask("GET", pathOf(account), AccountAnswer);
      say(shown, describe(shown));
    });

  accounts
    .command("disable")
    .description("end every session and grant, and let nobody sign in as this person")
    .argument("<account>", "e-mail address or id")
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (account: string, options: { reason: string }) => {
      const ended = await admin().ask("POST", `${pathOf(account)}/disable`, EndedAccount, options);
      const { sessions_ended, grants_ended } = ended;
      say(ended, [
        `${ended.email} is disabled. Ended: ${sessions_ended} sessions, ${grants_ended} grants.`,
      ]);
    });

  accounts
    .command("enable")
    .description("let a disabled person sign in again")
    .argument("<account>", "e-mail address or id")
    .option("--reason <text>", "why, for the audit")
    .action(async (account: string, options: { reason?: string }) => {
      const enabled = await admin().ask(
        "POST",
        `${pathOf(account)}/enable`,
        AccountAnswer,
        options,
      );
      say(enabled, [`${enabled.email} can sign in again.`]);
    });

  accounts
    .command("password-link")
    .description("print a single-use link to set a password")
    .argument("<account>", "e-mail address or id")
    .option("--reason <text>", "why, for the audit")
    .action(async (account: string, options: { reason?: string }) => {
      const path = `${pathOf(account)}/password-link`;
      const link = await admin().ask("POST", path, PasswordLinkAnswer, options);
      say(link, linkLines({ email: account }, link));
    });
}

const pathOf = (account: string) => `/accounts/${encodeURIComponent(account)}`;

const allAccounts = (admin: AdminClient) =>
  everyPage(async (query) => {
    const page = await admin.ask("GET", `/accounts${query}`, AccountsPage);
    return { records: page.accounts, next: page.next };
  });

const standing = (account: Account): string =>
  [
    account.disabled_at ? "disabled" : "enabled",
    ...(account.admin ? ["administrator"] : []),
    ...(account.key_admin ? ["key administrator"] : []),
    ...(account.has_password ? [] : ["no password yet"]),
  ].join(", ");

const describe = (account: Account): string[] =>
  facts({
    "E-mail": `${account.email}${account.email_verified ? " (verified)" : ""}`,
    Name: account.name,
    Id: account.id,
    Standing: standing(account),
    Added: account.created_at,
    Claims: Object.keys(account.claims).join(", "),
  });

const linkLines = (
  { email }: { email: string },
  link: z.output<typeof PasswordLinkAnswer>,
): string[] => [
  `With this link ${email} sets a password. It works once, until ${link.expires_at}:`,
  link.url,
];
