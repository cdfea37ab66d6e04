/** GET /api/plan: what a person's plan is worth and is made of, for a bearer of `plan:read` (RFC 6750). */
import type { Clock } from "../../relying-party/clock.ts";
import { accessOf, type SiteContext } from "../../relying-party/visit.ts";
import { dayOf, monthOf } from "../../relying-party/words/calendar.ts";
import { decimalEuros } from "../../sample-life/money.ts";
import { percentIn } from "../../sample-life/working-life.ts";
import { type Member, memberFor } from "../plan/member.ts";
import { planHistory } from "../plan/plan-history.ts";

export const planEndpoint =
  ({ clock }: { clock: Clock }) =>
  async (ctx: SiteContext) => {
    const { iss, sub } = accessOf(ctx);
    ctx.set("Cache-Control", "no-store");
    ctx.body = planAnswer(memberFor({ issuer: iss, subject: sub }), clock.now());
  };

/** Amounts are decimal text with their currency beside them, so that no reader loses a cent. */
function planAnswer(member: Member, now: Date) {
  const today = dayOf(now);
  const plan = planHistory(member, today);
  return {
    as_of: now.toISOString(),
    employer: member.life.employer,
    currency: "EUR",
    balance: decimalEuros(plan.balanceCents),
    contributed: decimalEuros(plan.ownCents),
    contributed_by_employer: decimalEuros(plan.employerCents),
    growth: decimalEuros(plan.grewCents),
    contribution_percent: percentIn(member.life, monthOf(today)),
    pension_age: member.pensionAge,
  };
}
