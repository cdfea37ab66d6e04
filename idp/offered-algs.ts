// A client that is promised an algorithm gets no ID token without it, and would find out when somebody
// signs in. So the start finds out.
import type { ClientStore } from "./records/clients/client-store.ts";
import { StartProblem } from "./start-problem.ts";

/** @throws StartProblem when SIGNING_ALGS no longer has what a client's ID tokens are signed with */
export async function requireOfferedAlgs(
  signingAlgs: readonly string[],
  clients: Pick<ClientStore, "listSignedOtherwise">,
): Promise<void> {
  const [first, ...others] = await clients.listSignedOtherwise(signingAlgs, { limit: 2 });
  if (first === undefined) return;
  const { id, idTokenSignedResponseAlg: alg } = first;
  throw new StartProblem(
    "SIGNING_ALGS",
    `must include ${alg} while the ID tokens of ${id}${others.length > 0 ? " and others" : ""} are signed with it; \`signet clients update\` gives a client another one`,
  );
}
