import type {
  SignOutReceipt,
  SignOutRequest,
} from "../../records/interactions/interaction-request.ts";

/**
 * What a sign-out ended, site by site: each site that was given tokens in the session, and when the
 * last of them is over. The site that asked with a pass of its own had ended its visit before.
 */
export function receiptOf(
  issues: readonly { clientId: string; lastIssuedAt: Date }[],
  request: SignOutRequest,
  accessTokenSeconds: number,
  at: Date,
): SignOutReceipt {
  return {
    step: "receipt",
    at,
    sites: issues.map(({ clientId, lastIssuedAt }) => {
      const lastExpiry = lastIssuedAt.getTime() + accessTokenSeconds * 1000;
      const hasEndedItself = request.hint !== undefined && request.clientId === clientId;
      return {
        clientId,
        ...(hasEndedItself ? {} : { endsBy: new Date(Math.max(lastExpiry, at.getTime())) }),
      };
    }),
  };
}
