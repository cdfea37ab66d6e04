import type { Connection } from "../client/connection.ts";
import type { Operation } from "../client/lanes.ts";
import type { Provider } from "../provider.ts";

/** One caller's part of a flow, got ready at a provider on a connection of its own. */
export interface Flow {
  readonly name: string;
  lane(provider: Provider, connection: Connection): Promise<Operation>;
}
