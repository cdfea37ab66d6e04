import type { Context } from "koa";
import { z } from "zod";
import { sendJson } from "../../http/respond.ts";
import type { InitialAccessTokenStore } from "../../records/clients/initial-access-token-store.ts";
import { secondsAfter } from "../../records/lifetimes.ts";
import { registrationTokenAnswer } from "./answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { pathParameter, readPage, readRequest } from "./request-endpoint.ts";
import { text, WithReason } from "./words.ts";

export interface RegistrationTokensEndpointDeps {
  initialAccessTokens: Pick<InitialAccessTokenStore, "add" | "end" | "list">;
  clock: { now(): Date };
}

const ONE_DAY_SECONDS = 86_400;

const NewToken = z.strictObject({
  /** For whom it is. */
  name: text(200),
  expires_in: z
    .int()
    .min(60)
    .max(3_650 * ONE_DAY_SECONDS)
    .default(30 * ONE_DAY_SECONDS),
  /** Absent: as often as wanted. */
  maximum_uses: z.int().min(1).max(1_000_000).optional(),
});

/** Initial access tokens for registration. A token is in the answer that made it and in no other. */
export const registrationTokensEndpoint = ({
  initialAccessTokens,
  clock,
}: RegistrationTokensEndpointDeps) => ({
  async list(ctx: Context) {
    const page = readPage(ctx);
    const found = await initialAccessTokens.list(page);
    const next = found.length === page.limit ? found.at(-1)?.id : undefined;
    sendJson(ctx, { registration_tokens: found.map(registrationTokenAnswer), next });
  },

  async add(ctx: Context) {
    const request = await readRequest(ctx, NewToken);
    const now = clock.now();
    const described = {
      name: request.name,
      expiresAt: secondsAfter(now, request.expires_in),
      maximumUses: request.maximum_uses,
    };
    const { token, record } = await initialAccessTokens.add(described, now, operatorCause(ctx));
    sendJson(ctx, { ...registrationTokenAnswer(record), token }, { status: 201 });
  },

  /** The clients that came with it stay. */
  async end(ctx: Context) {
    const { reason } = await readRequest(ctx, WithReason);
    const id = pathParameter(ctx, "token");
    const ended = await initialAccessTokens.end(id, clock.now(), operatorCause(ctx, { reason }));
    sendJson(
      ctx,
      registrationTokenAnswer(ended ?? ctx.throw(404, "There is no such registration token")),
    );
  },
});
