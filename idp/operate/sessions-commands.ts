import type { Command } from "commander";
import { z } from "zod";
import { SessionAnswer } from "../endpoints/admin-api/answers.ts";
import type { Operate } from "./operate.ts";
import { table } from "./output.ts";

const Sessions = z.object({ sessions: z.array(SessionAnswer) });
const Ended = z.object({ sessions_ended: z.int(), grants_ended: z.int() });

interface EndOptions {
  account: string;
  session?: string;
  reason: string;
}

export function sessionsCommands(program: Command, { admin, say }: Operate): void {
  const sessions = program.command("sessions").description("where people are signed in");

  sessions
    .command("list")
    .description("the open sessions of one person")
    .requiredOption("--account <account>", "e-mail address or id")
    .action(async ({ account }: { account: string }) => {
      const path = `/sessions?account=${encodeURIComponent(account)}`;
      const { sessions: open } = await admin().ask("GET", path, Sessions);
      const rows = open.map((one) => [
        one.id,
        one.authenticated_at,
        one.last_used_at,
        one.user_agent.slice(0, 60),
      ]);
      const head = ["SESSION", "SIGNED IN", "LAST USED", "BROWSER"];
      say(open, table(head, rows, `${account} is not signed in anywhere.`));
    });

  sessions
    .command("end")
    .description("end one session of a person, or all of them, and what was issued from them")
    .requiredOption("--account <account>", "e-mail address or id")
    .option("--session <id>", "only this one")
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (options: EndOptions) => {
      const ended = await admin().ask("POST", "/sessions/end", Ended, options);
      say(ended, [`Ended: ${ended.sessions_ended} sessions, ${ended.grants_ended} grants.`]);
    });
}
