import type { Context } from "koa";
import { z } from "zod";
import type { RevokeResult } from "../../../keys/key-lifecycle.ts";
import type { FindKeyRefusals } from "../../ending/key-refusals.ts";
import type { RevokeSigningKey } from "../../ending/revoke-signing-key.ts";
import { sendJson } from "../../http/respond.ts";
import type { RequestRefusal } from "../../records/key-revocations/key-revocation-request.ts";
import {
  type KeyLimitDeps,
  sendLimitReached,
  sendLostRace,
  sendRefusal,
} from "./key-refusal-endpoint.ts";
import {
  refusalsAnswer,
  revocationRequestAnswer,
  revokedAnswer,
} from "./key-revocation-answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { pathParameter, readRequest } from "./request-endpoint.ts";
import { PerhapsReason, reason } from "./words.ts";

export interface KeyRevocationEndpointDeps extends KeyLimitDeps {
  revokeSigningKey: RevokeSigningKey;
  findKeyRefusals: FindKeyRefusals;
}

/** Nobody throws a key out without saying why, and what becomes of the refresh tokens. */
const Revocation = z.strictObject({ reason, refresh_tokens: z.enum(["keep", "end"]) });

/** The emergency: a key leaves at once, perhaps after a second person's yes; and who refuses it by then. */
export const keyRevocationEndpoint = ({
  revokeSigningKey,
  findKeyRefusals,
  ...limit
}: KeyRevocationEndpointDeps) => {
  async function sendOutcome(ctx: Context, kid: string, result: RevokeResult): Promise<void> {
    switch (result.kind) {
      case "revoked":
        return sendJson(ctx, revokedAnswer(kid, result));
      case "unknown-key":
        return sendRefusal(ctx, 404, "unknown_key", "There is no such key");
      case "already-revoked":
        return sendRefusal(ctx, 409, "already_revoked", "This key has been thrown out already");
      case "limit-reached":
        return sendLimitReached(ctx, limit, result.most);
      case "lost-race":
        return sendLostRace(ctx);
    }
  }

  return {
    /** `POST /keys/:kid/revoke`: 200, or 202 when it takes a second person. */
    async revoke(ctx: Context) {
      const kid = pathParameter(ctx, "kid");
      const asked = await readRequest(ctx, Revocation);
      const cause = { ...operatorCause(ctx), reason: asked.reason };
      const result = await revokeSigningKey.revoke({
        kid,
        refreshTokens: asked.refresh_tokens,
        cause,
      });
      if (result.kind !== "requested" && result.kind !== "already-requested")
        return sendOutcome(ctx, kid, result);
      const { id, expiresAt } = result.request;
      const waiting = { request: id, expires_at: expiresAt.toISOString() };
      if (result.kind === "requested") return sendJson(ctx, waiting, { status: 202 });
      const already = `This was asked for already, and waits for a second person: ${id}`;
      sendRefusal(ctx, 409, "already_requested", already, waiting);
    },

    /** `GET /keys/revocations`: what waits for a second person. */
    async list(ctx: Context) {
      sendJson(ctx, { revocations: (await revokeSigningKey.open()).map(revocationRequestAnswer) });
    },

    /** `POST /keys/revocations/:request/confirm`: by anybody but who asked. */
    async confirm(ctx: Context) {
      const id = pathParameter(ctx, "request");
      const cause = operatorCause(ctx, await readRequest(ctx, PerhapsReason));
      const result = await revokeSigningKey.confirm(id, cause);
      if ("kid" in result) return sendOutcome(ctx, result.kid, result);
      return sendClosed(ctx, result.kind);
    },

    /** `POST /keys/revocations/:request/refuse`: by anybody, who asked included. */
    async refuse(ctx: Context) {
      const id = pathParameter(ctx, "request");
      const cause = operatorCause(ctx, await readRequest(ctx, PerhapsReason));
      const result = await revokeSigningKey.refuse(id, cause);
      if (result.kind !== "refused") return sendClosed(ctx, result.kind);
      sendJson(ctx, { request: id, refused: true });
    },

    /** `GET /keys/:kid/refusals`. */
    async refusals(ctx: Context) {
      const refusals = await findKeyRefusals(pathParameter(ctx, "kid"));
      if (refusals === undefined)
        return sendRefusal(ctx, 404, "unknown_key", "There is no such key that was thrown out");
      sendJson(ctx, refusalsAnswer(refusals));
    },
  };
};

const CLOSED: Record<RequestRefusal, readonly [status: 404 | 409, error: string, words: string]> = {
  "unknown-request": [404, "unknown_request", "There is no such request"],
  decided: [409, "already_decided", "This request has been decided already"],
  expired: [409, "expired", "This request has expired: ask again"],
  "same-person": [
    409,
    "same_person",
    "Whoever asked cannot confirm: it takes another key administrator, in the console",
  ],
};

const sendClosed = (ctx: Context, why: RequestRefusal) => sendRefusal(ctx, ...CLOSED[why]);
