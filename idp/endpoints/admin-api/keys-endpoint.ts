import type { Context } from "koa";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";
import { sendJson } from "../../http/respond.ts";
import { keyAnswer, missingAnswer } from "./key-answers.ts";
import {
  type KeyLimitDeps,
  sendLimitReached,
  sendLostRace,
  sendRefusal,
} from "./key-refusal-endpoint.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { readRequest } from "./request-endpoint.ts";
import { PerhapsReason } from "./words.ts";

export interface KeysEndpointDeps extends KeyLimitDeps {
  keys: Pick<KeyLifecycle, "list" | "rotate" | "rewrap">;
}

/** `GET /keys`, `POST /keys/rotate`, `POST /keys/rewrap`: the ordinary life of the signing keys. */
export const keysEndpoint = ({ keys, ...limit }: KeysEndpointDeps) => ({
  async list(ctx: Context) {
    sendJson(ctx, { keys: (await keys.list()).map(keyAnswer) });
  },

  async rotate(ctx: Context) {
    const request = await readRequest(ctx, PerhapsReason);
    const result = await keys.rotate(operatorCause(ctx, request));
    switch (result.kind) {
      case "rotated": {
        const { activated, published, retiring } = result;
        return sendJson(ctx, { activated, published, retiring });
      }
      case "too-early":
        return sendRefusal(ctx, 409, "too_early", result.reason, {
          safe_from: result.safeFrom.toISOString(),
          missing: missingAnswer(result),
        });
      case "limit-reached":
        return sendLimitReached(ctx, limit, result.most);
      case "lost-race":
        return sendLostRace(ctx);
    }
  },

  /** Under the key-encryption key that seals now; done already, it says so with an empty list. */
  async rewrap(ctx: Context) {
    const request = await readRequest(ctx, PerhapsReason);
    const result = await keys.rewrap(operatorCause(ctx, request));
    if (result.kind === "lost-race") return sendLostRace(ctx);
    sendJson(ctx, { kek_id: result.kekId, kids: result.kids });
  },
});
