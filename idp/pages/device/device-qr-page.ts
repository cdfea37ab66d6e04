/**
 * GET /device/qr/:code: the address that a device would have people type, as a picture it can show. Made of the
 * code in the address alone, so it tells nobody whether any device waits under it.
 */
import type { Context } from "koa";
import { PageProblem } from "../../http/page-problem.ts";
import { notFoundWords } from "../../http/problem-words.ts";
import { canonicalUserCode } from "../../protocol/user-code.ts";
import { qrCode } from "./qr-code.ts";

export const deviceQrPage =
  ({ issuer }: { issuer: string }) =>
  (ctx: Context): void => {
    const asked: unknown = ctx.params.code;
    const userCode = typeof asked === "string" ? canonicalUserCode(asked) : undefined;
    if (userCode === undefined || userCode !== asked) throw new PageProblem(notFoundWords);
    ctx.set("Cache-Control", "no-store");
    // A device shows it within whatever page it has.
    ctx.set("Cross-Origin-Resource-Policy", "cross-origin");
    ctx.type = "image/svg+xml";
    ctx.body = qrCode(`${issuer}/device?${new URLSearchParams({ user_code: userCode })}`);
  };
