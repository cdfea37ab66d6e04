// What the page says once after an act. It believes the facts and not the address: a link that says
// "rotated" says nothing when nobody has rotated.
import type { KeyView } from "../../../keys/key-view.ts";
import { clockSeconds, near, shortKey } from "../../http/words.ts";
import type { AuditKind, RecordedEvent } from "../../records/audit/audit-event.ts";
import type { KeyRevocationRequest } from "../../records/key-revocations/key-revocation-request.ts";
import type { Notice } from "./console-model.ts";
import { counted } from "./console-words.ts";
import type { RotateStanding } from "./rotate-standing.ts";
import type { ReadyModel } from "./site-rows.ts";

/** What an act may have come to, as the address of the page says it. */
export const NEWS = [
  "rotated",
  "too-early",
  "limit-reached",
  "lost-race",
  "drilled",
  "requested",
  "already-requested",
  "refused",
  "decided",
  "same-person",
] as const;
export type News = (typeof NEWS)[number];

/** How long it is news; a link to it later must not say it again. */
const NEWS_SECONDS = 60;

export interface NewsFacts {
  readonly keys: readonly KeyView[];
  readonly rotate: RotateStanding;
  readonly ready: ReadyModel;
  readonly requests: readonly KeyRevocationRequest[];
  readonly events: readonly RecordedEvent[];
  readonly now: Date;
}

export function noticeOf(news: News | undefined, facts: NewsFacts): Notice | undefined {
  switch (news) {
    case "rotated":
      return rotated(facts);
    case "lost-race":
      return changedJustNow(facts) ? LOST_RACE : undefined;
    case "too-early":
    case "limit-reached":
      return facts.rotate.kind === "safe" ? undefined : nothingChanged(facts);
    case "drilled":
      return drilled(facts);
    case "requested":
    case "already-requested":
      return requested(news, facts);
    case "refused":
      return refusedJustNow(facts) ? REFUSED : undefined;
    case "same-person":
      return refusedJustNow(facts) ? SAME_PERSON : undefined;
    case "decided":
      return DECIDED;
    default:
      return undefined;
  }
}

const isNews = (at: Date | undefined, now: Date): boolean =>
  at !== undefined && now.getTime() - at.getTime() <= NEWS_SECONDS * 1000;

const happenedJustNow = ({ events, now }: NewsFacts, kind: AuditKind): boolean =>
  events.some((event) => event.kind === kind && isNews(event.at, now));

const refusedJustNow = (facts: NewsFacts): boolean =>
  happenedJustNow(facts, "keys.revocation-refused");

const changedJustNow = ({ keys, now }: NewsFacts): boolean =>
  keys.some(({ activatedAt, revokedAt }) => isNews(activatedAt, now) || isNews(revokedAt, now));

function rotated({ keys, now }: NewsFacts): Notice | undefined {
  const active = keys.find(({ state }) => state === "active");
  const pending = keys.find(({ state }) => state === "pending");
  if (!active || !pending || !isNews(active.activatedAt, now)) return undefined;
  return {
    tone: "good",
    title: "Rotated. Nobody was signed out.",
    text: `${shortKey(active.kid)} signs now. ${shortKey(pending.kid)} is published, and every site has time to learn it before it signs.`,
  };
}

const LOST_RACE: Notice = {
  tone: "wait",
  title: "Somebody else changed the keys at the same moment.",
  text: "Theirs counted, yours changed nothing. This is how it stands now.",
};

function nothingChanged({ rotate, now }: NewsFacts): Notice {
  const from =
    rotate.kind === "too-early"
      ? ` Safe from ${near(rotate.safeFrom, now)} UTC.`
      : rotate.kind === "limit-reached"
        ? ` Again from ${near(rotate.from, now)} UTC.`
        : "";
  return {
    tone: "wait",
    title: "Not yet. Nothing was changed.",
    text: `${rotate.reason}${from}`,
  };
}

function drilled(facts: NewsFacts): Notice | undefined {
  const { ready, now } = facts;
  if (!happenedJustNow(facts, "keys.drilled")) return undefined;
  const asked = ready.rows.filter(({ drill }) => "at" in drill && isNews(drill.at, now));
  const good = asked.filter(({ drill }) => drill.kind === "verified").length;
  if (asked.length === 0)
    return {
      tone: "wait",
      title: "No site could be asked.",
      text: "A site says where it hears of keys by registering key_events_uri.",
    };
  const all = counted(asked.length, "site");
  return good === asked.length
    ? {
        tone: "good",
        title: `Drilled: ${good} of ${all} verified the probe.`,
        text: "They will take passes sealed with the next key. Nothing was changed.",
      }
    : {
        tone: "bad",
        title: `Drilled: ${good} of ${all} verified the probe.`,
        text: "Below each of the others stands what went wrong there. Nothing was changed.",
      };
}

function requested(
  news: "requested" | "already-requested",
  { requests, now }: NewsFacts,
): Notice | undefined {
  const last = requests.at(-1);
  if (!last || (news === "requested" && !isNews(last.requestedAt, now))) return undefined;
  return {
    tone: "wait",
    title: news === "requested" ? "Asked for. Nothing has changed yet." : "Somebody asked already.",
    text: `A second key administrator has to confirm it by ${clockSeconds(last.expiresAt)} UTC; otherwise it comes to nothing.`,
  };
}

const REFUSED: Notice = {
  tone: "good",
  title: "Decided against. No key was thrown out.",
  text: "Who asked, who decided and why stands in the history.",
};

const DECIDED: Notice = {
  tone: "wait",
  title: "This request is not open any more.",
  text: "Somebody decided it, or its time ran out. The history says which.",
};

const SAME_PERSON: Notice = {
  tone: "bad",
  title: "It takes a second person.",
  text: "You asked for it yourself. Somebody else has to confirm it.",
};
