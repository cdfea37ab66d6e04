import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { ResourceAnswer } from "../endpoints/admin-api/answers.ts";
import type { Operate } from "./operate.ts";
import { table } from "./output.ts";

/** `accounts:read=See your accounts` */
function scopeOption(value: string, before: Record<string, string> | undefined) {
  const [, scope, words] = /^([^=]+)=(.+)$/.exec(value) ?? [];
  if (scope === undefined || words === undefined)
    throw new InvalidArgumentError("It must be scope=words that people read.");
  return { ...before, [scope]: words };
}

interface ResourceOptions {
  identifier: string;
  name: string;
  scope: Record<string, string>;
  public?: true;
}

export function resourcesCommands(program: Command, { admin, say }: Operate): void {
  const resources = program.command("resources").description("the APIs that access tokens are for");

  resources
    .command("list")
    .description("every resource and its scopes")
    .action(async () => {
      const answer = await admin().ask(
        "GET",
        "/resources",
        z.object({ resources: z.array(ResourceAnswer) }),
      );
      const rows = answer.resources.map((one) => [
        one.identifier,
        one.name,
        one.public ? "any client" : "named clients",
        Object.keys(one.scopes).join(" "),
      ]);
      const head = ["RESOURCE", "NAME", "FOR", "SCOPES"];
      say(answer.resources, table(head, rows, "There are no resources."));
    });

  resources
    .command("put")
    .description("add a resource, or replace what is known of it")
    .requiredOption("--identifier <url>", "its identifier, the audience of its access tokens")
    .requiredOption("--name <name>", "what people read on the consent page")
    .requiredOption("--scope <scope=words>", "a scope and what it allows; repeat", scopeOption)
    .option("--public", "any client may name it")
    .action(async ({ identifier, name, scope, ...options }: ResourceOptions) => {
      const request = { identifier, name, scopes: scope, public: options.public };
      const resource = await admin().ask("PUT", "/resources", ResourceAnswer, request);
      say(resource, [`${resource.identifier}: ${Object.keys(resource.scopes).join(" ")}`]);
    });
}
