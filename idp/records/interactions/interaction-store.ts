// Interactions as rows, bound to the hash of the browser's cookie: any replica can go on with one,
// and no other browser can. The steps only record what happened; /authorize decides what is next.
import type { Database } from "../../../prisma/database.ts";
import type { Interaction as InteractionRow } from "../../../prisma/generated/client.ts";
import { hashOf } from "../../protocol/credential.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { withoutNulls } from "../without-nulls.ts";
import type { ConsentAnswer, Interaction, InteractionKind } from "./interaction.ts";

/** Open at once in one browser; the oldest makes room (security S7). */
export const OPEN_INTERACTIONS = 20;

/** The row to come counts as well, hence one fewer of the old ones stays. */
const openOne = namedStatement<
  InteractionRow,
  {
    id: string;
    browserHash: string;
    kind: string;
    clientId: string | null;
    request: string;
    now: Date;
    expiresAt: Date;
    others: number;
  }
>(
  "interaction.open",
  `WITH forgotten AS (
     DELETE FROM "Interaction" WHERE "id" IN (
       SELECT "id" FROM "Interaction" WHERE "browserHash" = :browserHash
       ORDER BY "createdAt" DESC, "id" DESC OFFSET :others::int
     )
   )
   INSERT INTO "Interaction"
     ("id", "browserHash", "kind", "clientId", "request", "consentScopes", "createdAt", "expiresAt")
   VALUES (:id, :browserHash, :kind, :clientId, :request::jsonb, '{}', :now::timestamptz,
     :expiresAt::timestamptz)
   RETURNING *`,
);

/** In which interaction, by which browser, and under which session a person did something. */
export interface StepBy {
  readonly id: string;
  /** The secret in the browser's cookie. */
  readonly browser: string;
  readonly sessionId: string;
}

const nothingDone = {
  authenticatedAt: null,
  accountChosenAt: null,
  consentAnswer: null,
  consentScopes: [],
};

export type InteractionStore = ReturnType<typeof interactionStore>;

export const interactionStore = (
  database: Database,
  lifetimes: Pick<Lifetimes, "interactionSeconds">,
) => {
  const open = (id: string, browser: string, now: Date) => ({
    id,
    browserHash: hashOf(browser),
    expiresAt: { gt: now },
  });

  /**
   * A step done under a session. What was done under another one before, by whoever it was, is
   * forgotten with it: nobody's answer counts for somebody else (security A8).
   * @returns false when the browser has no such interaction any more
   */
  const record = (
    { id, browser, sessionId }: StepBy,
    now: Date,
    step: Partial<Omit<InteractionRow, "request">>,
  ): Promise<boolean> =>
    database.transaction(async (orm) => {
      const waiting = open(id, browser, now);
      await orm.interaction.updateMany({
        where: { ...waiting, OR: [{ sessionId: null }, { sessionId: { not: sessionId } }] },
        data: { ...nothingDone, sessionId },
      });
      const { count } = await orm.interaction.updateMany({
        where: { ...waiting, sessionId },
        data: step,
      });
      return count > 0;
    });

  return {
    /** @param opened.browser  the secret in the browser's cookie */
    async open(
      opened: {
        browser: string;
        kind: InteractionKind;
        clientId?: string | undefined;
        request: unknown;
      },
      now: Date,
    ): Promise<Interaction> {
      const [row] = await database.sql(
        openOne,
        openOne.values({
          id: newIdentifier(),
          browserHash: hashOf(opened.browser),
          kind: opened.kind,
          clientId: opened.clientId ?? null,
          request: JSON.stringify(opened.request),
          now,
          expiresAt: secondsAfter(now, lifetimes.interactionSeconds),
          others: OPEN_INTERACTIONS - 1,
        }),
      );
      if (!row) throw new Error("the database kept no interaction");
      return interactionOf(row);
    },

    async find(id: string, browser: string, now: Date): Promise<Interaction | undefined> {
      const row = await database.orm.interaction.findFirst({ where: open(id, browser, now) });
      return row ? interactionOf(row) : undefined;
    },

    recordAuthentication: (by: StepBy, now: Date) => record(by, now, { authenticatedAt: now }),

    recordAccountChoice: (by: StepBy, now: Date) => record(by, now, { accountChosenAt: now }),

    recordConsent: (by: StepBy, answer: ConsentAnswer, scopes: readonly string[], now: Date) =>
      record(by, now, { consentAnswer: answer, consentScopes: [...scopes] }),

    /** Consumes it. Of several concurrent calls exactly one is told true. */
    async close(id: string, browser: string): Promise<boolean> {
      const { count } = await database.orm.interaction.deleteMany({
        where: { id, browserHash: hashOf(browser) },
      });
      return count > 0;
    },
  };
};

function interactionOf(row: InteractionRow): Interaction {
  const { browserHash: _, request, kind, consentAnswer, ...columns } = row;
  return {
    ...withoutNulls(columns),
    kind: kind as InteractionKind,
    request,
    ...(consentAnswer !== null && { consentAnswer: consentAnswer as ConsentAnswer }),
  };
}
