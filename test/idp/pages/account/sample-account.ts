/** Models of a person's own pages, with little on them and with everything at once. */
import type { Views } from "../../../../idp/http/views.ts";

const now = new Date("2026-11-20T14:05:20Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const person = { name: "Alice Moreau", email: "alice@example.test" };
const form = (action: string) => ({ action, csrf: "csrf-token" });

const here = {
  device: "Firefox on macOS",
  isHere: true,
  isOdd: false,
  sites: ["Harbour Bank", "Evergreen Retirement"],
  signedInAt: ago(130),
  lastSeenAt: ago(3),
};
const odd = {
  device: "Chrome on Windows",
  isHere: false,
  isOdd: true,
  sites: ["Harbour Bank"],
  signedInAt: ago(650),
  lastSeenAt: ago(640),
  end: form("/account/sessions/2/end"),
  notMe: "/account/sessions/2/not-me",
};
const phone = {
  device: "Safari on iPhone",
  isHere: false,
  isOdd: false,
  sites: [],
  signedInAt: ago(900),
  lastSeenAt: ago(25),
  end: form("/account/sessions/3/end"),
  notMe: "/account/sessions/3/not-me",
};

const quiet = {
  person,
  now,
  count: 1,
  oddCount: 0,
  sessions: [{ ...here, sites: [] }],
  apps: [],
  everywhere: form("/account/sign-out-everywhere"),
  password: "/account/password",
  passSeconds: 300,
};

const change = {
  ...form("/account/password"),
  person,
  minimumLength: 15,
};

export const accountSamples = {
  account: [
    quiet,
    {
      ...quiet,
      done: "ended",
      count: 53,
      oddCount: 1,
      sessions: [odd, here, phone],
      apps: [
        {
          site: {
            name: "Harbour Bank",
            host: "bank.example.test",
            mark: "harbour",
            home: "https://bank.example.test/",
          },
          isOwn: true,
          may: "Recognize you when you come back; see your e-mail address",
          mayUse: "See your accounts and balances",
          since: ago(60),
          lastUsedAt: ago(4),
          isLive: true,
          takeBack: form("/account/apps/bank/take-back"),
        },
        {
          site: { name: "Ledgerline", host: "ledgerline.example" },
          open: "https://ledgerline.example/sign-in?iss=https%3A%2F%2Fid.example.test",
          isOwn: false,
          may: "",
          mayUse: "See your accounts and balances",
          since: ago(40_000),
          lastUsedAt: ago(4_000),
          isLive: true,
          offlineUntil: ago(-90_000),
          takeBack: form("/account/apps/ledgerline/take-back"),
        },
        {
          site: { name: "Thimble", host: "thimble.example" },
          isOwn: false,
          may: "See your name and what your profile says",
          mayUse: "",
          since: ago(80_000),
          isLive: false,
          takeBack: form("/account/apps/thimble/take-back"),
        },
      ],
      earlierApps: "/account?apps=1#apps",
      laterApps: "/account?apps=3#apps",
      elsewhere: form("/account/sign-out-elsewhere"),
    },
    { ...quiet, done: "password", count: 2, sessions: [here, phone] },
  ],
  "account/not-me": [
    {
      ...form("/account/sessions/2/not-me"),
      person,
      now,
      device: "Chrome on Windows",
      signedInAt: ago(650),
      passSeconds: 300,
      stay: "/account",
    },
  ],
  "account/change-password": [
    change,
    { ...change, problem: { kind: "field", field: "current", sentence: "It is not the one." } },
    { ...change, problem: { kind: "field", field: "repeat", sentence: "Not the same." } },
    { ...change, problem: { kind: "throttled", seconds: 40 } },
    { ...change, problem: { kind: "busy", seconds: 3 } },
  ],
} satisfies Pick<
  { [V in keyof Views]: [Views[V], ...Views[V][]] },
  "account" | "account/not-me" | "account/change-password"
>;
