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

/** `just now`, `12 s ago`, `4 min ago`: how long something has been so, for where there is little room. */
export function ago(at: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * DAY_SECONDS) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / DAY_SECONDS)} days ago`;
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
  const count = whole / size;
  return `${NUMBERS[count] ?? count} ${unit}${count === 1 ? "" : "s"}`;
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
