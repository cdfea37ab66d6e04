import type { EndAccess } from "../../ending/end-access.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { CodeBinding, CodeStore } from "../../records/grants/code-store.ts";

export interface CodeMissDeps {
  readonly codes: Pick<CodeStore, "explain">;
  readonly audit: Pick<AuditStore, "record">;
  readonly endAccess: EndAccess;
}

export type CodeMiss = (binding: CodeBinding, now: Date, cause: Cause) => Promise<void>;

/**
 * What follows from a code that was not redeemed. A replay with everything the code is bound to means
 * that two parties hold it: what was issued from it ends (RFC 6749 §4.1.2). A wrong client, redirect
 * URI or verifier is recorded and ends nothing, or whoever saw a code in a log could end anyone's
 * session. An expired or unknown code is nothing unusual.
 */
export const codeMiss =
  ({ codes, audit, endAccess }: CodeMissDeps): CodeMiss =>
  async (binding, now, cause) => {
    const refusal = await codes.explain(binding, now);
    switch (refusal.kind) {
      case "replayed":
        await endAccess({ kind: "grant", grantId: refusal.grantId }, "code-replayed", now, cause);
        return;
      case "wrong-client":
      case "wrong-redirect":
      case "wrong-verifier":
        await audit.record({
          at: now,
          kind: "code.refused",
          actor: cause.actor,
          outcome: "refused",
          clientId: binding.clientId,
          grantId: refusal.grantId,
          reason: refusal.kind,
          ...(cause.requestId === undefined ? {} : { requestId: cause.requestId }),
        });
        return;
      default:
    }
  };
