import type { Command } from "commander";
import { z } from "zod";
import { RegistrationTokenAnswer } from "../endpoints/admin-api/answers.ts";
import { everyPage } from "./every-page.ts";
import { wholeNumber } from "./input.ts";
import type { Operate } from "./operate.ts";
import { facts, table } from "./output.ts";

type Token = z.output<typeof RegistrationTokenAnswer>;

const TokenItself = RegistrationTokenAnswer.extend({ token: z.string() });
const TokensPage = z.object({
  registration_tokens: z.array(RegistrationTokenAnswer),
  next: z.string().optional(),
});

const ONE_DAY_SECONDS = 86_400;

export function registrationTokensCommands(program: Command, { admin, say }: Operate): void {
  const tokens = program
    .command("registration-tokens")
    .description("initial access tokens, with which clients register themselves");

  tokens
    .command("add")
    .description("make a token and print it, once")
    .requiredOption("--name <name>", "for whom it is")
    .option("--days <days>", "how long it works", wholeNumber, 30)
    .option(
      "--uses <number>",
      "how many clients may register with it; any number when absent",
      wholeNumber,
    )
    .action(async ({ name, days, uses }: { name: string; days: number; uses?: number }) => {
      const request = { name, expires_in: days * ONE_DAY_SECONDS, maximum_uses: uses };
      const made = await admin().ask("POST", "/registration-tokens", TokenItself, request);
      say(made, [...describe(made), "", "The token, shown this once:", made.token]);
    });

  tokens
    .command("list")
    .description("every token, with how often it was used")
    .action(async () => {
      const all = await everyPage(async (after) => {
        const page = await admin().ask("GET", `/registration-tokens${after}`, TokensPage);
        return { records: page.registration_tokens, next: page.next };
      });
      const rows = all.map((token) => [token.id, token.name, usesOf(token), standingOf(token)]);
      say(all, table(["TOKEN", "NAME", "USES", "STANDING"], rows, "There are no tokens."));
    });

  tokens
    .command("end")
    .description("let nobody register with it any more; its clients stay")
    .argument("<token>", "its id, from the list")
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (id: string, options: { reason: string }) => {
      const path = `/registration-tokens/${encodeURIComponent(id)}/end`;
      const ended = await admin().ask("POST", path, RegistrationTokenAnswer, options);
      say(ended, [`${ended.name} has ended.`]);
    });
}

const usesOf = ({ uses, maximum_uses: most }: Token) =>
  most === undefined ? String(uses) : `${uses} of ${most}`;

const standingOf = ({ ended_at: ended, expires_at: expires }: Token) =>
  ended === undefined ? `until ${expires}` : `ended ${ended}`;

const describe = (token: Token) =>
  facts({ Token: token.id, Name: token.name, Uses: usesOf(token), Standing: standingOf(token) });
