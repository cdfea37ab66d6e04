import type { Command } from "commander";
import { z } from "zod";
import {
  DrillAnswer,
  KeyAnswer,
  ReadinessAnswer,
  RewrappedAnswer,
  RotatedAnswer,
  type SiteReadinessAnswer,
} from "../endpoints/admin-api/key-answers.ts";
import type { Operate } from "./operate.ts";
import { facts, table } from "./output.ts";

type Key = z.output<typeof KeyAnswer>;
type Readiness = z.output<typeof ReadinessAnswer>;
type Site = z.output<typeof SiteReadinessAnswer>;

const Keys = z.object({ keys: z.array(KeyAnswer) });

interface Why {
  reason?: string;
}

/** @returns the `keys` command, for those that stand elsewhere */
export function keysCommands(program: Command, { admin, say }: Operate): Command {
  const keys = program.command("keys").description("the keys that sign tokens");

  keys
    .command("list")
    .description("every key, its state, and what happens to it next")
    .action(async () => {
      const answer = await admin().ask("GET", "/keys", Keys);
      const rows = answer.keys.map((key) => [key.kid, key.alg, key.state, what(key)]);
      const head = ["KEY", "ALG", "STATE", "SINCE AND UNTIL"];
      say(answer.keys, table(head, rows, "There are no keys."));
    });

  keys
    .command("readiness")
    .description(
      "which sites hold the keys that sign next, and whether a rotation would go through",
    )
    .action(async () => {
      const readiness = await admin().ask("GET", "/keys/readiness", ReadinessAnswer);
      const head = ["SITE", "STANDING", "INSTANCES", "LAST DRILL"];
      const rows = readiness.sites.map((site) => [
        site.client_name,
        standing(site),
        String(site.instances.length),
        lastDrill(site),
      ]);
      say(readiness, [
        ...describe(readiness),
        "",
        ...table(head, rows, "There are no sites to wait for."),
      ]);
    });

  keys
    .command("rotate")
    .description(
      "the pending key begins to sign, and the next one is published; nobody is signed out",
    )
    .option("--reason <text>", "why, for the audit")
    .action(async (options: Why) => {
      const rotated = await admin().ask("POST", "/keys/rotate", RotatedAnswer, options);
      say(rotated, [
        `${rotated.activated} signs now.`,
        `${rotated.published} is published and waits.`,
        `${rotated.retiring} verifies until its last token has expired.`,
      ]);
    });

  keys
    .command("drill")
    .description("let every site verify a harmless token of the next key; nothing changes")
    .option("--reason <text>", "why, for the audit")
    .action(async (options: Why) => {
      const { results } = await admin().ask("POST", "/keys/drill", DrillAnswer, options);
      const head = ["SITE", "KEY", "OUTCOME", "WHY"];
      const rows = results.map((one) => [one.client_name, one.kid, one.outcome, one.problem ?? ""]);
      say(results, table(head, rows, "There are no sites that can be drilled."));
    });

  keys
    .command("rewrap")
    .description("seal every private key under the first of KEY_ENCRYPTION_KEYS")
    .option("--reason <text>", "why, for the audit")
    .action(async (options: Why) => {
      const rewrapped = await admin().ask("POST", "/keys/rewrap", RewrappedAnswer, options);
      const { kek_id, kids } = rewrapped;
      say(rewrapped, [
        kids.length === 0
          ? `Every key is sealed under ${kek_id} already.`
          : `Sealed under ${kek_id} now: ${kids.join(", ")}. A backup made before still needs the former one.`,
      ]);
    });

  return keys;
}

function what(key: Key): string {
  switch (key.state) {
    case "pending":
      return `published ${key.published_at}, may sign from ${key.safe_from ?? "later"}`;
    case "active": {
      const since = `signs since ${key.activated_at ?? key.published_at}`;
      return key.replaced_at ? `${since}, replaced at ${key.replaced_at}` : since;
    }
    case "retiring":
      return `verifies only, leaves at ${key.leaves_at ?? "the end of its last token"}`;
    case "retired":
      return `gone since ${key.retired_at ?? "a while"}`;
    default:
      return `thrown out ${key.revoked_at ?? ""}`.trim();
  }
}

const describe = ({ next, scheduled_at, ...readiness }: Readiness): string[] =>
  facts({
    "Signs next": next.map(({ kid, alg }) => `${kid} (${alg})`).join(", "),
    "May rotate": whenSafe(readiness),
    "By itself": scheduled_at ?? "never",
  });

function whenSafe({ may_rotate, safe_from, spread_by }: Omit<Readiness, "next">): string {
  if (may_rotate) return "yes, now";
  const nobodySays = spread_by ? `from ${spread_by}, as no site can say what it holds; ` : "";
  return `no; ${nobodySays}from ${safe_from} in any case`;
}

function standing({ counts, ready, why }: Site): string {
  if (ready) return "ready";
  const words = why === "silent" ? "has not reported" : "lacks the next key";
  return counts ? words : `${words}; nobody waits for it`;
}

function lastDrill({ hears_events, probe }: Site): string {
  if (!probe) return hears_events ? "never" : "cannot be drilled";
  const { outcome, problem, at } = probe;
  return `${outcome}${problem === undefined ? "" : `, ${problem}`} (${at})`;
}
