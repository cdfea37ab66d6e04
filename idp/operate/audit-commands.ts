import type { Command } from "commander";
import { z } from "zod";
import { AuditAnswer } from "../endpoints/admin-api/answers.ts";
import { wholeNumber } from "./input.ts";
import type { Operate } from "./operate.ts";
import { table } from "./output.ts";

const Events = z.object({ events: z.array(AuditAnswer) });

interface ListOptions {
  limit: number;
  kind?: string;
  before?: string;
}

export function auditCommands(program: Command, { admin, say }: Operate): void {
  program
    .command("audit")
    .description("what happened, who did it and why")
    .command("list")
    .description("the latest events first")
    .option("--limit <number>", "how many, at most 500", wholeNumber, 50)
    .option("--kind <kind>", "only events of this kind, e.g. keys.rotated")
    .option("--before <id>", "only events before this one")
    .action(async ({ limit, kind, before }: ListOptions) => {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(kind === undefined ? {} : { kind }),
        ...(before === undefined ? {} : { before }),
      });
      const { events } = await admin().ask("GET", `/audit?${query}`, Events);
      const rows = events.map((event) => [
        event.at,
        event.kind,
        event.outcome,
        event.actor,
        event.reason ?? "",
      ]);
      say(events, table(["TIME", "WHAT", "OUTCOME", "WHO", "WHY"], rows, "Nothing is recorded."));
    });
}
