// Spans of time as people read them: "3 min 42 s", "2 h 5 min".

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;

/** The time from one moment to another; never negative. */
export function span(from: Date, to: Date): string {
  const seconds = Math.round((to.getTime() - from.getTime()) / 1000);
  return seconds > 0 ? spanOf(seconds) : "less than a second";
}

export function spanOf(seconds: number): string {
  const hours = Math.floor(seconds / SECONDS_PER_HOUR);
  const minutes = Math.floor((seconds % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
  const rest = seconds % SECONDS_PER_MINUTE;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}
