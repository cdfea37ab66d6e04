import type { Context } from "koa";
import { z } from "zod";
import { readQuery } from "../../http/parse.ts";
import { sendJson } from "../../http/respond.ts";
import type { AuditKind } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { auditAnswer } from "./answers.ts";

const Page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** Id of the last event already seen. */
  before: z.string().max(100).optional(),
  kind: z
    .string()
    .regex(/^[a-z.-]{1,50}$/)
    .optional(),
});

/** What happened, the latest first. */
export const auditEndpoint = ({ audit }: { audit: Pick<AuditStore, "list"> }) => ({
  async list(ctx: Context) {
    const { limit, before, kind } = readQuery(ctx, Page);
    const events = await audit.list({
      limit,
      ...(before === undefined ? {} : { before }),
      // A kind that nobody writes is no mistake here: nothing matches it.
      ...(kind === undefined ? {} : { kind: kind as AuditKind }),
    });
    const next = events.length === limit ? events.at(-1)?.id : undefined;
    sendJson(ctx, { events: events.map(auditAnswer), next });
  },
});
