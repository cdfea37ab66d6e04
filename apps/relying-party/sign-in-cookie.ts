import { createHash } from "node:crypto";
import type { Context } from "koa";
import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import type { Seal } from "./seal.ts";
import type { SiteCookies } from "./site-cookies.ts";

const NAME = "sign-in-";
const LIFETIME_SECONDS = 3600;
const MOST_AT_ONCE = 5;

/** One sign-in under way in one browser: what its callback must match, and where the person wanted to go. */
export const SignIn = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  startedAt: z.int().positive(),
});
export type SignIn = z.infer<typeof SignIn>;

/**
 * Sign-ins under way, one sealed cookie each and named by their `state`, so that tabs neither wait for nor
 * overwrite one another. A few are kept; the oldest goes.
 */
export interface SignInCookie {
  write(ctx: Context, signIn: SignIn): Promise<void>;
  /** The sign-in that this browser began with this state. */
  read(ctx: Context, state: string): Promise<SignIn | undefined>;
  clear(ctx: Context, state: string): void;
}

export function createSignInCookie(options: {
  cookies: SiteCookies;
  seal: Seal;
  clock: Clock;
}): SignInCookie {
  const { cookies, seal, clock } = options;
  const open = async (ctx: Context, name: string) =>
    SignIn.safeParse(await seal.open(cookies.read(ctx, name) ?? "")).data;

  const makeRoom = async (ctx: Context) => {
    const names = cookies.named(ctx, NAME);
    const underWay = await Promise.all(
      names.map(async (name) => ({ name, startedAt: (await open(ctx, name))?.startedAt ?? 0 })),
    );
    const newestFirst = underWay.sort((a, b) => b.startedAt - a.startedAt);
    for (const { name } of newestFirst.slice(MOST_AT_ONCE - 1)) cookies.clear(ctx, name);
  };
  return {
    async write(ctx, signIn) {
      await makeRoom(ctx);
      const sealed = await seal.seal(signIn);
      cookies.set(ctx, nameFor(signIn.state), sealed, { maxAgeSeconds: LIFETIME_SECONDS });
    },
    async read(ctx, state) {
      const signIn = await open(ctx, nameFor(state));
      const age = signIn && numericDate(clock.now()) - signIn.startedAt;
      const isOurs = signIn?.state === state && age !== undefined && age < LIFETIME_SECONDS;
      return isOurs ? signIn : undefined;
    },
    clear: (ctx, state) => cookies.clear(ctx, nameFor(state)),
  };
}

const nameFor = (state: string) =>
  NAME + createHash("sha256").update(state).digest("hex").slice(0, 16);
