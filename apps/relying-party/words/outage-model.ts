// The banner while Signet cannot be reached: what still works, and until when.
import type { Outage } from "../visit.ts";
import { clockTime } from "./calendar.ts";

export interface OutageModel {
  readonly since: string;
  readonly pagesUntil: string;
}

export const outageModel = (outage: Outage | undefined): OutageModel | undefined =>
  outage && {
    since: clockTime(outage.since).slice(0, 5),
    pagesUntil: clockTime(outage.pagesUntil).slice(0, 5),
  };
