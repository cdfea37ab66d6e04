// A browser in words a person knows it by: "Firefox on macOS". Made of a closed list, so that nothing
// of what a browser says about itself is ever shown or kept in the audit as it was sent.

/** Engines' names come along in each other's strings: the more particular one stands first. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|Opera|OPiOS|OPT)\//, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bYaBrowser\//, "Yandex Browser"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bDuckDuckGo\/|\bDdg\//, "DuckDuckGo"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//, "Safari"],
  [/\bMobile\/\w+(?: |$)/, "An app"],
];

/** A phone says what it descends from as well: Android is a Linux, an iPhone is "like Mac OS X". */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b|\biPod\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

/** `Firefox on macOS`, `A browser on Linux`, `An unknown browser`. */
export function deviceInWords(userAgent: string): string {
  const browser = firstOf(BROWSERS, userAgent);
  const place = firstOf(PLACES, userAgent);
  if (place === undefined) return browser ?? "An unknown browser";
  return `${browser ?? "A browser"} on ${place}`;
}

const firstOf = (list: readonly (readonly [RegExp, string])[], text: string) =>
  list.find(([pattern]) => pattern.test(text))?.[1];
