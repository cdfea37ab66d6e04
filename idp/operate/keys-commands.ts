import type { Command } from "commander";
import { z } from "zod";
import { KeyAnswer } from "../endpoints/admin-api/answers.ts";
import type { Operate } from "./operate.ts";
import { table } from "./output.ts";

type Key = z.output<typeof KeyAnswer>;

const Rotated = z.object({ activated: z.string(), published: z.string(), retiring: z.string() });

export function keysCommands(program: Command, { admin, say }: Operate): void {
  const keys = program.command("keys").description("the keys that sign tokens");

  keys
    .command("list")
    .description("every key, its state, and what happens to it next")
    .action(async () => {
      const answer = await admin().ask("GET", "/keys", z.object({ keys: z.array(KeyAnswer) }));
      const rows = answer.keys.map((key) => [key.kid, key.alg, key.state, what(key)]);
      say(
        answer.keys,
        table(["KEY", "ALG", "STATE", "SINCE AND UNTIL"], rows, "There are no keys."),
      );
    });

  keys
    .command("rotate")
    .description(
      "the pending key begins to sign, and the next one is published; nobody is signed out",
    )
    .option("--reason <text>", "why, for the audit")
    .action(async (options) => {
      const rotated = await admin().ask("POST", "/keys/rotate", Rotated, options);
      say(rotated, [
        `${rotated.activated} signs now.`,
        `${rotated.published} is published and waits.`,
        `${rotated.retiring} verifies until its last token has expired.`,
      ]);
    });
}

function what(key: Key): string {
  switch (key.state) {
    case "pending":
      return `published ${key.published_at}, may sign from ${key.safe_from ?? "later"}`;
    case "active":
      return `signs since ${key.activated_at ?? key.published_at}`;
    case "retiring":
      return `verifies only, leaves at ${key.leaves_at ?? "the end of its last token"}`;
    case "retired":
      return `gone since ${key.retired_at ?? "a while"}`;
    default:
      return `thrown out ${key.revoked_at ?? ""}`.trim();
  }
}
