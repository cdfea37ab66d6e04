import type { Context } from "koa";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";

import { sendJson } from "../../http/respond.ts";
import { keyAnswer } from "./answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { readRequest } from "./request-endpoint.ts";
import { PerhapsReason } from "./words.ts";

interface Deps {
  keys: Pick<KeyLifecycle, "list" | "rotate">;
}

/** `GET /keys`, `POST /keys/rotate`: the life of the signing keys. */
export const keysEndpoint = ({ keys }: Deps) => ({
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
      case "too-early": {
        const { reason: error_description, safeFrom } = result;
        const refusal = {
          error: "too_early",
          error_description,
          safe_from: safeFrom.toISOString(),
        };
        return sendJson(ctx, refusal, { status: 409 });
      }
      case "lost-race":
        return sendJson(
          ctx,
          {
            error: "lost_race",
            error_description: "Somebody else rotated at the same moment; nothing more was changed",
          },
          { status: 409 },
        );
    }
  },
});
