import type { Readable } from "node:stream";
import type { AdminClient } from "./admin-client.ts";
import type { Output } from "./output.ts";

/** What every command works with. */
export interface Operate {
  /** Asked for when a command runs, so that `--help` needs no identity provider. */
  admin(): AdminClient;
  say: Output["say"];
  tell: Output["tell"];
  stdin: Readable;
}
