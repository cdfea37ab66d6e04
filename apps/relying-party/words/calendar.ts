// Days and months as ISO text ("2026-11-20", "2026-11"): they sort as they read, and carry no time
// zone. Only `dayOf` and the two clock functions know where the sites live.

export type Day = string;
export type Month = string;

/** Where both sample sites keep their books. */
const TIME_ZONE = "Europe/Paris";
const DAY_MILLISECONDS = 86_400_000;

const isoDay = new Intl.DateTimeFormat("sv-SE", { timeZone: TIME_ZONE, dateStyle: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: TIME_ZONE, timeStyle: "medium" });
const names = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const weekdayDayMonth = names({ weekday: "long", day: "numeric", month: "long" });
const dayMonth = names({ day: "numeric", month: "long" });
const dayMonthShort = names({ day: "numeric", month: "short" });
const monthYear = names({ month: "long", year: "numeric" });
const monthOnly = names({ month: "long" });

const monthNumber = (text: Day | Month) => Number(text.slice(5, 7));
const midnight = (day: Day) =>
  new Date(Date.UTC(yearOf(day), monthNumber(day) - 1, dayNumber(day)));

export const dayOf = (at: Date): Day => isoDay.format(at);
/** "14:06:38" where the sites live. */
export const clockTime = (at: Date): string => clock.format(at);
export const hourOf = (at: Date): number => Number(clockTime(at).slice(0, 2));

export const monthOf = (day: Day): Month => day.slice(0, 7);
export const yearOf = (text: Day | Month): number => Number(text.slice(0, 4));
export const dayInMonth = (month: Month, day: number): Day =>
  `${month}-${String(day).padStart(2, "0")}`;
export const dayNumber = (day: Day): number => Number(day.slice(8, 10));

export const addDays = (day: Day, count: number): Day =>
  new Date(midnight(day).getTime() + count * DAY_MILLISECONDS).toISOString().slice(0, 10);

export function addMonths(month: Month, count: number): Month {
  const total = yearOf(month) * 12 + monthNumber(month) - 1 + count;
  return `${String(Math.floor(total / 12)).padStart(4, "0")}-${String((total % 12) + 1).padStart(2, "0")}`;
}

export const daysIn = (month: Month): number =>
  new Date(Date.UTC(yearOf(month), monthNumber(month), 0)).getUTCDate();
export const lastDayOf = (month: Month): Day => dayInMonth(month, daysIn(month));

/** Every month from the first to the last, both included; none when they are the wrong way round. */
export function monthsFrom(first: Month, last: Month): Month[] {
  const months: Month[] = [];
  for (let month = first; month <= last; month = addMonths(month, 1)) months.push(month);
  return months;
}

/** The same day a month earlier, or that month's last day. */
export function monthBefore(day: Day): Day {
  const month = addMonths(monthOf(day), -1);
  return dayInMonth(month, Math.min(dayNumber(day), daysIn(month)));
}

const isWeekend = (day: Day) => [0, 6].includes(midnight(day).getUTCDay());

/** Pay comes before a weekend. */
export function workingDayBefore(day: Day): Day {
  return isWeekend(day) ? workingDayBefore(addDays(day, -1)) : day;
}

/** Debits wait until after one. */
export function workingDayAfter(day: Day): Day {
  return isWeekend(day) ? workingDayAfter(addDays(day, 1)) : day;
}

/** "Thursday 19 November" */
export const longDay = (day: Day): string => weekdayDayMonth.format(midnight(day));
/** "3 December" */
export const plainDay = (day: Day): string => dayMonth.format(midnight(day));
/** "19 Nov" */
export const shortDay = (day: Day): string => dayMonthShort.format(midnight(day));
/** "November 2026" */
export const longMonth = (month: Month): string => monthYear.format(midnight(`${month}-01`));
/** "November" */
export const monthName = (month: Month): string => monthOnly.format(midnight(`${month}-01`));
