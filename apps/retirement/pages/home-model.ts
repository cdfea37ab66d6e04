// What the front page says: what the plan is worth and how it came to be, then one question and its
// answer, always as a range.

import type { Visit } from "../../relying-party/visit.ts";
import { dayOf, hourOf, monthOf, yearOf } from "../../relying-party/words/calendar.ts";
import { type OutageModel, outageModel } from "../../relying-party/words/outage-model.ts";
import { type ProofModel, proofModel } from "../../relying-party/words/proof-model.ts";
import { wholeEuros } from "../../sample-life/money.ts";
import { contributionOf, grossPayIn, percentIn } from "../../sample-life/working-life.ts";
import { FEE_PERCENT_A_YEAR } from "../plan/fund.ts";
import { ageOf, type Member, memberFor, yearsToPension } from "../plan/member.ts";
import { type PlanHistory, planHistory } from "../plan/plan-history.ts";
import { ASSUMPTIONS, type Outcomes, type Projection, project } from "../plan/projection.ts";
import { aboutEuros, type FanChart, fanChart } from "./fan-chart.ts";
import { numberInWords } from "./number-in-words.ts";
import { type EventRow, eventRows, fundName } from "./plan-events.ts";
import { type RingsPicture, ringsPicture } from "./rings-picture.ts";

export const MOST_PERCENT = 20;
const LATEST_EVENTS = 4;
/** Of what is put in, the part that tax would otherwise have taken. */
const TAX_SHARE = 0.4;

interface Fact {
  readonly term: string;
  readonly value: string;
}

export interface HomeModel {
  readonly title: string;
  readonly balance: string;
  readonly balanceNote: string;
  readonly facts: readonly Fact[];
  readonly checkedIn: string;
  readonly rings: RingsPicture;
  readonly question: {
    readonly percent: number;
    readonly mostPercent: number;
    readonly isToday: boolean;
    readonly todayPercent: number;
    readonly cost: string;
  };
  readonly answer: { readonly monthly: string; readonly from: string; readonly range: string };
  readonly chart: FanChart;
  readonly outcomes: { readonly high: string; readonly middle: string; readonly low: string };
  readonly firstYear: string;
  readonly ageNow: string;
  readonly pensionLabel: string;
  readonly table: readonly { age: string; low: string; middle: string; high: string }[];
  readonly assumptions: string;
  readonly events: readonly EventRow[];
  readonly terms: readonly Fact[];
  readonly proof: ProofModel;
  readonly outage: OutageModel | undefined;
}

/** @param asked  the share of pay to try, in percent; today's when nothing was asked */
export function homeModel(
  { signedIn, pass, outage }: Visit,
  siteName: string,
  asked: number | undefined,
  now: Date,
): HomeModel {
  const member = memberFor(signedIn);
  const today = dayOf(now);
  const plan = planHistory(member, today);
  const gross = grossPayIn(member.life, monthOf(today));
  const todayPercent = percentIn(member.life, monthOf(today));
  const percent = asked ?? todayPercent;
  const yearsAhead = yearsToPension(member, today);
  const projectionOf = (share: number) =>
    project(plan.balanceCents, yearlyOf(gross, share), yearsAhead);
  const projection = projectionOf(percent);
  const { atPension, monthly } = projection;
  const proof = proofModel({ pass, signedIn, siteName, now });
  const thisYear = yearOf(today);
  return {
    title: `${numberInWords(yearsSaved(member, today))} years of growing, ${firstName(signedIn.name)}.`,
    balance: wholeEuros(plan.balanceCents),
    balanceNote: `in your ${member.life.employer} plan, this ${partOfDay(hourOf(now))}`,
    facts: factsOf(member, plan),
    checkedIn: proof.took,
    rings: ringsPicture(member, plan.years),
    question: {
      percent,
      mostPercent: MOST_PERCENT,
      isToday: percent === todayPercent,
      todayPercent,
      cost: costInWords(member, gross, percent),
    },
    answer: {
      monthly: `${toTens(monthly.middleCents)} a month`,
      from: `from age ${member.pensionAge}, in today’s money.`,
      range: `It could be nearer ${toTens(monthly.lowCents)}, or ${toTens(monthly.highCents)}.`,
    },
    chart: fanChart({
      years: plan.years,
      balanceCents: plan.balanceCents,
      thisYear,
      pensionYear: thisYear + yearsAhead,
      projection,
      mostCents: projectionOf(MOST_PERCENT).atPension.highCents,
    }),
    outcomes: inWords(atPension),
    firstYear: String(yearOf(member.life.joined)),
    ageNow: `you are ${ageOf(member, today)}`,
    pensionLabel: `${member.pensionAge} in ${thisYear + yearsAhead}`,
    table: tableOf(member, projection, ageOf(member, today)),
    assumptions: `We assume ${ASSUMPTIONS.growthPercent}% growth a year above prices, more or less, the same contributions until then, and ${ASSUMPTIONS.drawnPercent}% of the plan drawn each year after.`,
    events: eventRows(plan.events.slice(-LATEST_EVENTS), member),
    terms: termsOf(member, todayPercent, thisYear + yearsAhead),
    proof,
    outage: outageModel(outage),
  };
}

/** What goes in each year from the two of you. */
function yearlyOf(gross: number, percent: number): number {
  const { ownCents, employerCents } = contributionOf(gross, percent);
  return (ownCents + employerCents) * 12;
}

export function factsOf({ life }: Member, plan: PlanHistory): Fact[] {
  // Contributions are whole euros, so the rounded parts add up to the rounded balance.
  const grown = Math.round(plan.grewCents / 100) * 100;
  return [
    { term: "You put in", value: wholeEuros(plan.ownCents) },
    { term: `${life.employerShort} put in`, value: wholeEuros(plan.employerCents) },
    {
      term: grown < 0 ? "It lost" : "It grew by",
      value: wholeEuros(grown),
    },
  ];
}

function yearsSaved({ life }: Member, today: string): number {
  const months = (text: string) => yearOf(text) * 12 + Number(text.slice(5, 7));
  return Math.max(0, Math.floor((months(today) - months(life.joined)) / 12));
}

const firstName = (name: string) => name.trim().split(/\s+/)[0] ?? "";

function partOfDay(hour: number): string {
  if (hour < 12) return "morning";
  return hour < 18 ? "afternoon" : "evening";
}

function costInWords({ life }: Member, gross: number, percent: number): string {
  const { ownCents, employerCents } = contributionOf(gross, percent);
  if (ownCents === 0)
    return `Nothing from you, so ${life.employerShort} adds nothing. The plan grows by itself.`;
  return `${wholeEuros(ownCents)} a month from you. ${life.employerShort} adds ${wholeEuros(employerCents)}. About ${wholeEuros(ownCents * (1 - TAX_SHARE))} less in your pocket.`;
}

const toTens = (cents: number) => wholeEuros(Math.round(cents / 1000) * 1000);

const inWords = ({ highCents, middleCents, lowCents }: Outcomes) => ({
  high: aboutEuros(highCents),
  middle: aboutEuros(middleCents),
  low: aboutEuros(lowCents),
});

/** Round ages on the way, and the pension age. */
function tableOf(member: Member, { years }: Projection, ageNow: number): HomeModel["table"] {
  return years
    .map((year) => ({ ...year, age: ageNow + year.yearsAhead }))
    .filter(({ age, yearsAhead }) => age === member.pensionAge || (age % 5 === 0 && yearsAhead > 2))
    .map(({ age, ...outcomes }) => ({ age: String(age), ...inWords(outcomes) }));
}

const termsOf = (member: Member, todayPercent: number, pensionYear: number): Fact[] => [
  { term: "You put in", value: `${todayPercent}% of your pay, before tax` },
  { term: `${member.life.employerShort} adds`, value: "half as much again" },
  { term: "It is in", value: fundName(member) },
  { term: "We charge", value: `${FEE_PERCENT_A_YEAR}% a year, each month a twelfth` },
  { term: "Yours from", value: `age ${member.pensionAge}, in ${pensionYear}` },
];
