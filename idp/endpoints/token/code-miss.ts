import type { EndAccess } from "../../ending/end-access.ts";
import { invalidGrant, type OAuthError } from "../../protocol/oauth-error.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { CodeBinding, CodeStore } from "../../records/grants/code-store.ts";
import { resourceNotAuthorized } from "./requested-access.ts";

export interface CodeMissDeps {
  readonly codes: Pick<CodeStore, "explain">;
  readonly audit: Pick<AuditStore, "record">;
  readonly endAccess: EndAccess;
}

/** What to answer, after what had to be done about it. */
export type CodeMiss = (binding: CodeBinding, now: Date, cause: Cause) => Promise<OAuthError>;

/**
 * What follows from a code that was not redeemed. A replay with everything the code is bound to means
 * that two parties hold it: what was issued from it ends (RFC 6749 §4.1.2). A wrong client, redirect
 * URI or verifier is recorded and ends nothing, or whoever saw a code in a log could end anyone's
 * session. An expired or unknown code is nothing unusual; one asked for another resource than it was
 * issued for is as good as before.
 */
export const codeMiss =
  ({ codes, audit, endAccess }: CodeMissDeps): CodeMiss =>
  async (binding, now, cause) => {
    const refusal = await codes.explain(binding, now);
    switch (refusal.kind) {
      case "replayed":
        await endAccess({ kind: "grant", grantId: refusal.grantId }, "code-replayed", now, cause);
        break;
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
        break;
      case "unauthorized-resource":
        return resourceNotAuthorized();
      default:
    }
    return invalidCode();
  };

/** One answer for all that can be wrong: it tells nobody which part of what they hold is right. */
export const invalidCode = () =>
  invalidGrant(
    "The code is unknown, used or expired, or not for this client, redirect_uri and code_verifier",
  );
