/** Times, keys and addresses as pages write them. Every time is UTC and says so where it stands alone. */

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  hour: "2-digit",
  minute: "2-digit",
});
const clockSecondsFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  timeStyle: "medium",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", dateStyle: "long" });
const shortDayFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  day: "numeric",
  month: "short",
});

const NUMBERS = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
];
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

export const clock = (at: Date): string => clockFormat.format(at);

export const clockSeconds = (at: Date): string => clockSecondsFormat.format(at);

export const day = (at: Date): string => dayFormat.format(at);

export const shortDay = (at: Date): string => shortDayFormat.format(at);

/** `14:05:20` within a day of `now`, `20 Nov, 14:05` otherwise. */
export function near(at: Date, now: Date): string {
  const apartSeconds = Math.abs(at.getTime() - now.getTime()) / 1000;
  return apartSeconds < DAY_SECONDS / 2 ? clockSeconds(at) : `${shortDay(at)}, ${clock(at)}`;
}

/** `14:05` within a day of `now`, `20 Nov` otherwise: for where there is little room. */
export const brief = (at: Date, now: Date): string =>
  near(at, now).includes(",") ? shortDay(at) : clock(at);

/** `today, 08:41`, `yesterday, 23:10`, `20 Nov, 14:05`: a moment that a person may remember. */
export function moment(at: Date, now: Date): string {
  const days = Math.floor(now.getTime() / DAY_MS) - Math.floor(at.getTime() / DAY_MS);
  const name = days === 0 ? "today" : days === 1 ? "yesterday" : shortDay(at);
  return `${name}, ${clock(at)}`;
}

/** `just now`, `12 s ago`, `4 min ago`: how long something has been so, for where there is little room. */
export function ago(at: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * DAY_SECONDS) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / DAY_SECONDS)} days ago`;
}

/** `three browsers`, `one browser`, `12 browsers`. */
export const count = (number: number, one: string): string =>
  `${NUMBERS[number] ?? number} ${one}${number === 1 ? "" : "s"}`;

/** `Harbour Bank, Evergreen and 3 more`: the first few of a list. */
export function fewOf(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(", ")} and ${more} more` : names.join(", ");
}

/** `five minutes`, `40 seconds`, `90 days`: the largest unit that keeps it whole. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [DAY_SECONDS, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const whole = Math.max(1, Math.ceil(seconds));
  const [size, unit] = units.find(([length]) => whole % length === 0) ?? [1, "second"];
  return count(whole / size, unit);
}

/** `Zk9x…Q4`: enough of a thumbprint to tell two keys apart, and to read aloud. */
export const shortKey = (kid: string): string =>
  kid.length <= 8 ? kid : `${kid.slice(0, 4)}…${kid.slice(-2)}`;

/** The letter on the neutral mark of a site that brings none. */
export const initial = (name: string): string =>
  (Array.from(name.trim())[0] ?? "·").toLocaleUpperCase("en");

const SCRIPTED = new Set(["javascript:", "data:", "vbscript:", "blob:", "file:"]);

/** A form's target: `javascript:` and its kin are none, whoever registered them. */
export const formTarget = (uri: string): string =>
  URL.canParse(uri) && SCRIPTED.has(new URL(uri).protocol) ? "" : uri;

/**
 * An address that may stand in a link: a path of ours, or http(s). Anything else, `javascript:`
 * above all, is no address, however well escaped (security H2).
 */
export function webAddress(href: string | undefined): string | undefined {
  if (href === undefined) return undefined;
  if (/^\/(?![/\\])[^\\\s]*$/.test(href)) return href;
  if (!URL.canParse(href)) return undefined;
  const { protocol } = new URL(href);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}
