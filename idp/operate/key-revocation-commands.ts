import { type Command, Option } from "commander";
import { z } from "zod";
import {
  RevocationAskedAnswer,
  RevocationRequestAnswer,
  RevokedAnswer,
} from "../endpoints/admin-api/key-revocation-answers.ts";
import { wholeNumber } from "./input.ts";
import type { Operate } from "./operate.ts";
import { table } from "./output.ts";
import { watchRefusals } from "./watch-refusals.ts";

const RevokedOrAsked = z.union([RevokedAnswer, RevocationAskedAnswer]);
const RefusedRequest = z.object({ request: z.string(), refused: z.literal(true) });
const Requests = z.object({ revocations: z.array(RevocationRequestAnswer) });

interface RevokeOptions {
  reason: string;
  refreshTokens: string;
  wait: number | false;
}

interface DecideOptions {
  reason?: string;
}

/** Throwing a key out. @param keys  the `keys` command */
export function keyRevocationCommands(keys: Command, operate: Operate): void {
  const { admin, say } = operate;

  waiting(keys.command("revoke"))
    .description("throw a key out at once; its tokens are refused, and every site is told")
    .argument("<key>", "its kid")
    .requiredOption("--reason <text>", "why, for the audit")
    .addOption(
      new Option("--refresh-tokens <keep|end>", "what becomes of the refresh tokens there are")
        .choices(["keep", "end"])
        .makeOptionMandatory(),
    )
    .action(async (kid: string, { reason, refreshTokens, wait }: RevokeOptions) => {
      const request = { reason, refresh_tokens: refreshTokens };
      const answer = await admin().ask("POST", `${pathOf(kid)}/revoke`, RevokedOrAsked, request);
      if ("revoked" in answer) return report(operate, answer, wait);
      say(answer, [
        `It takes a second key administrator, who confirms it in the console until ${answer.expires_at}.`,
        `The request is ${answer.request}.`,
      ]);
    });

  keys
    .command("revocations")
    .description("what waits for a second key administrator")
    .action(async () => {
      const { revocations } = await admin().ask("GET", "/keys/revocations", Requests);
      const head = ["REQUEST", "KEY", "REFRESH TOKENS", "ASKED BY", "UNTIL", "WHY"];
      const rows = revocations.map((one) => [
        one.id,
        one.kid,
        one.refresh_tokens,
        one.requested_by,
        one.expires_at,
        one.reason,
      ]);
      say(revocations, table(head, rows, "Nothing waits for a second key administrator."));
    });

  waiting(keys.command("confirm"))
    .description("be the second one: throw the key out that somebody else asked for")
    .argument("<request>", "as `keys revocations` lists it")
    .option("--reason <text>", "why, for the audit; the first one's when absent")
    .action(async (id: string, { reason, wait }: DecideOptions & Pick<RevokeOptions, "wait">) => {
      const path = `${requestPath(id)}/confirm`;
      await report(operate, await admin().ask("POST", path, RevokedAnswer, { reason }), wait);
    });

  keys
    .command("refuse")
    .description("decide against a request; the key stays")
    .argument("<request>", "as `keys revocations` lists it")
    .option("--reason <text>", "why, for the audit")
    .action(async (id: string, options: DecideOptions) => {
      const refused = await admin().ask(
        "POST",
        `${requestPath(id)}/refuse`,
        RefusedRequest,
        options,
      );
      say(refused, ["Refused. The key stays."]);
    });
}

const waiting = (command: Command) =>
  command
    .option("--wait <seconds>", "how long to wait for the sites to refuse it", wholeNumber, 20)
    .option("--no-wait", "do not wait for them");

const pathOf = (kid: string) => `/keys/${encodeURIComponent(kid)}`;
const requestPath = (id: string) => `/keys/revocations/${encodeURIComponent(id)}`;

/** Says what was done, and then which site refuses the key, as it happens. */
async function report(
  operate: Operate,
  revoked: z.output<typeof RevokedAnswer>,
  wait: number | false,
): Promise<void> {
  const { admin, say, tell } = operate;
  tell(`${revoked.revoked} is thrown out.`);
  if (revoked.activated !== undefined) tell(`${revoked.activated} signs now.`);
  if (revoked.published !== undefined) tell(`${revoked.published} is published and waits.`);
  if (wait === false) return say(revoked, []);
  const path = `${pathOf(revoked.revoked)}/refusals`;
  const { refusals, lines } = await watchRefusals(admin(), path, { seconds: wait, tell });
  const { sites, accepted_until } = refusals ?? {};
  say({ ...revoked, sites, accepted_until }, lines);
}
