// The `signet` command: everything an operator does, over the admin API. Exit code 0 means it was
// done; a refusal is one line on standard error and another exit code.
import { Command, CommanderError } from "commander";
import { accountsCommands } from "./accounts-commands.ts";
import { adminClient } from "./admin-client.ts";
import { auditCommands } from "./audit-commands.ts";
import { clientsCommands } from "./clients-commands.ts";
import { Refusal, readOperateConfig } from "./config.ts";
import { withDashedIdsLast } from "./dashed-ids.ts";
import { keyRevocationCommands } from "./key-revocation-commands.ts";
import { keysCommands } from "./keys-commands.ts";
import type { Operate } from "./operate.ts";
import { output } from "./output.ts";
import { registrationTokensCommands } from "./registration-tokens-commands.ts";
import { resourcesCommands } from "./resources-commands.ts";
import { sessionsCommands } from "./sessions-commands.ts";

const program = new Command("signet")
  .description(
    "Operates Signet. Finds a demo on this machine by itself; else set ADMIN_URL and ADMIN_TOKEN.",
  )
  .option("--json", "print JSON")
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error:/, "signet:")),
  })
  .showSuggestionAfterError(false)
  .exitOverride();

const operate: Operate = {
  admin: () => adminClient(readOperateConfig(process.env)),
  ...output(
    (text) => process.stdout.write(text),
    () => program.opts().json === true,
  ),
  stdin: process.stdin,
};

keyRevocationCommands(keysCommands(program, operate), operate);
accountsCommands(program, operate);
clientsCommands(program, operate);
registrationTokensCommands(program, operate);
resourcesCommands(program, operate);
sessionsCommands(program, operate);
auditCommands(program, operate);

try {
  await program.parseAsync(withDashedIdsLast(process.argv.slice(2)), { from: "user" });
} catch (error) {
  // Commander has said its own by now, help among it.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    const line = error instanceof Refusal ? error.message : `unexpected: ${String(error)}`;
    process.stderr.write(`signet: ${line.replaceAll(/\s+/g, " ")}\n`);
    process.exitCode = 1;
  }
}
