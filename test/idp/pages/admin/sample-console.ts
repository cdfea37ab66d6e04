// Models of the console's pages, one or more for each, as the doors would make them.
import type { Views } from "../../../../idp/http/views.ts";
import { keysPicture } from "../../../../idp/pages/admin/key-picture.ts";
import type { KeysModel } from "../../../../idp/pages/admin/keys-model.ts";
import type { RevokeModel } from "../../../../idp/pages/admin/revoke-model.ts";
import type { RevokedModel } from "../../../../idp/pages/admin/revoked-model.ts";
import type { SiteRow } from "../../../../idp/pages/admin/site-rows.ts";
import type { KeyView } from "../../../../keys/key-view.ts";

const csrf = "csrf-token";
const now = new Date("2026-11-20T14:05:20Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const seconds = (count: number) => minutes(count / 60);
const days = (count: number) => minutes(count * 1_440);

const common = {
  person: { name: "Ines Valcour", role: "administrator" },
  now,
};

const harbour = { name: "Harbour Bank", host: "bank.example.test", mark: "harbour" } as const;
const evergreen = { name: "Evergreen", host: "plan.example.test", mark: "evergreen" } as const;
const ledgerline = { name: "Ledgerline", host: "app.ledgerline.example" };
const archive = { name: "Old archive", host: "archive.example.test" };

export const sampleKeys: KeyView[] = [
  {
    kid: "revoked-key-KcW1qXr8sT3vU6wY9zA2bC4dE5fG7",
    alg: "RS256",
    state: "revoked",
    publishedAt: days(-200),
    revokedAt: minutes(-8_000),
  },
  {
    kid: "Rm4tKp0cWzLq7uHf2JbX6nYsVaEeD5gTi8oM1rC3kV0",
    alg: "RS256",
    state: "retired",
    publishedAt: days(-180),
    activatedAt: days(-179),
    retiringAt: days(-90),
    retiredAt: days(-90),
  },
  {
    kid: "p8XcN2vQd5LmRt7yWb3KsGh9ZfJ4uEa6oTi1xCq0zLw",
    alg: "RS256",
    state: "retiring",
    publishedAt: days(-91),
    activatedAt: days(-90),
    retiringAt: minutes(-3),
    leavesAt: minutes(3),
  },
  {
    kid: "Zk9xR3ssQm1TQvWnb0mT8e7Y1sVhVt2Jm4cN5uT1pQ4",
    alg: "RS256",
    state: "active",
    publishedAt: minutes(-63),
    activatedAt: minutes(-3),
    replacedAt: days(90),
  },
  {
    kid: "h2VdL0wKc8YpXr5TqBn7ZmGf3JsEa9uHi1oVt6RxQ8s",
    alg: "RS256",
    state: "pending",
    publishedAt: minutes(-3),
    safeFrom: minutes(17),
  },
];

const [, , , active, pending] = sampleKeys as [KeyView, KeyView, KeyView, KeyView, KeyView];

const rows: SiteRow[] = [
  {
    site: harbour,
    standing: "ready",
    instances: 2,
    lacking: 0,
    isReady: true,
    heardAt: seconds(-12),
    drill: { kind: "verified", at: minutes(-1) },
  },
  {
    site: evergreen,
    standing: "lacking",
    instances: 1,
    lacking: 1,
    isReady: false,
    heardAt: minutes(-2.4),
    drill: { kind: "refused", at: minutes(-1), problem: "does not know the key" },
  },
  {
    site: ledgerline,
    standing: "silent",
    instances: 0,
    lacking: 0,
    isReady: false,
    drill: { kind: "not-asked" },
  },
  {
    site: archive,
    standing: "not-counted",
    instances: 0,
    lacking: 0,
    isReady: false,
    drill: { kind: "cannot" },
  },
];

const keysPage: KeysModel = {
  ...common,
  keys: [...sampleKeys].reverse(),
  olderKeys: 0,
  picture: keysPicture(sampleKeys, now),
  span: "now",
  scheduledAt: days(90),
  warnings: [],
  waiting: [],
  ready: {
    next: [{ kid: pending.kid, alg: "RS256" }],
    ready: 1,
    counted: 3,
    rows,
    more: 0,
    askable: 3,
    countsForSeconds: 86_400,
  },
  acts: {
    mayAct: true,
    needsFreshSignIn: false,
    rotate: {
      action: "/admin/keys/rotate",
      csrf,
      standing: {
        kind: "too-early",
        reason: "Evergreen and Ledgerline would meet a seal they have never seen.",
        safeFrom: minutes(17),
        sites: "Evergreen and Ledgerline",
        several: true,
      },
    },
    drill: { action: "/admin/keys/drill", csrf, sites: 3 },
    revoke: "/admin/keys/revoke",
    revokeByTwo: false,
    changesToday: 1,
    changesPerDay: 5,
  },
  history: [
    {
      at: minutes(-1),
      what: "Drilled with h2Vd…8s: 1 of 2 probes verified.",
      who: "Ines Valcour",
      isGrave: false,
    },
    {
      at: minutes(-3),
      what: "Rotated: Zk9x…Q4 took over from p8Xc…Lw; h2Vd…8s was published.",
      who: "by schedule",
      isGrave: false,
    },
    {
      at: minutes(-8_000),
      what: "revo…G7 was thrown out. p8Xc…Lw signs since then.",
      who: "operator token",
      why: "Its backup was found on a lost laptop",
      isGrave: true,
    },
    {
      at: days(-90),
      what: "Rm4t…V0 left the key set.",
      who: "Signet itself",
      isGrave: false,
    },
  ],
};

const safe = { kind: "safe", reason: "Every site has had time to learn the next key." } as const;
const waiting = {
  kid: active.kid,
  reason: "It was in a crash report",
  refreshTokens: "keep",
  requestedBy: "Bruno Keller",
  requestedAt: minutes(-2),
  expiresAt: minutes(13),
  isMine: false,
  confirm: { action: "/admin/keys/revocations/1/confirm", csrf },
  refuse: { action: "/admin/keys/revocations/1/refuse", csrf },
} as const;

const severalAlgs: KeyView[] = [
  ...sampleKeys,
  { ...active, kid: "Qe5sWn8TzK3mLcVb7XyRp2JdGh6FaUo0ti9E1sNxM4Y", alg: "ES256" },
  { ...pending, kid: "uT7bXk2ZrQ9wMnLs4VcYp8GdJh5FeAo1ti0R6sKx3Ea", alg: "ES256" },
  {
    kid: "c3HnRz6WtY1qLkVm9XbSp4JdGf8EaUo7ti2T5sQxM0K",
    alg: "EdDSA",
    state: "pending",
    publishedAt: minutes(-1),
    safeFrom: minutes(19),
  },
];

const revoke: RevokeModel = {
  ...common,
  action: "/admin/keys/revoke",
  csrf,
  keys: [
    {
      key: active,
      consequence: "Signs everything new. h2Vd…8s signs instead, from this very moment.",
    },
    { key: pending, consequence: "Has signed nothing yet. A fresh key takes its place." },
  ],
  inTouchSeconds: 300,
  longestReason: 500,
  problems: {},
};

const revoked: RevokedModel = {
  ...common,
  kid: active.kid,
  revokedAt: seconds(-6),
  activated: pending.kid,
  published: "m4QpXr5TqBn7ZmGf3JsEa9uHi1oVt6RxQ8sh2VdL0w1z",
  who: "Ines Valcour",
  why: "It was in a crash report",
  sites: [
    {
      site: harbour,
      standing: { kind: "refuses", at: seconds(-5), afterSeconds: 1 },
      instances: [{ instance: "a", refusedAt: seconds(-5) }],
    },
    {
      site: evergreen,
      standing: { kind: "telling", problem: "connection refused" },
      instances: [{ instance: "one", refusedAt: seconds(-4) }, { instance: "two" }],
    },
    { site: ledgerline, standing: { kind: "by-itself" }, instances: [] },
    { site: archive, standing: { kind: "given-up", problem: "answers 500" }, instances: [] },
    { site: { ...archive, name: "Old Archive" }, standing: { kind: "not-known" }, instances: [] },
  ],
  inTouchUntil: minutes(5),
  outOfTouchUntil: days(1),
  watch: { seconds: 2, stop: `/admin/keys/${active.kid}/revoked?watch=no` },
};

export const adminSamples: {
  [V in "admin/keys" | "admin/revoke" | "admin/revoked"]: [Views[V], ...Views[V][]];
} = {
  "admin/keys": [
    keysPage,
    {
      ...keysPage,
      picture: keysPicture(severalAlgs, now),
      keys: severalAlgs,
      olderKeys: 3,
      issuer: "https://id.example.test",
      acts: {
        ...keysPage.acts,
        needsFreshSignIn: true,
        revokeByTwo: true,
        rotate: { ...keysPage.acts.rotate, standing: safe },
      },
      waiting: [waiting, { ...waiting, kid: pending.kid, isMine: true, refreshTokens: "end" }],
      notice: { tone: "good", title: "Rotated. Nobody was signed out.", text: "It signs now." },
      warnings: [{ tone: "wait", title: "It has signed for 104 days.", text: "Rotate." }],
    },
    {
      ...keysPage,
      picture: keysPicture(sampleKeys, now, "year"),
      span: "year",
      scheduledAt: undefined,
      acts: { ...keysPage.acts, rotate: { ...keysPage.acts.rotate, standing: safe } },
    },
    {
      ...keysPage,
      picture: keysPicture(sampleKeys, now, "day"),
      span: "day",
      scheduledAt: minutes(-1),
      acts: {
        ...keysPage.acts,
        mayAct: false,
        rotate: {
          ...keysPage.acts.rotate,
          standing: { kind: "limit-reached", reason: "Too often.", from: minutes(90) },
        },
        drill: { ...keysPage.acts.drill, sites: 0 },
      },
      waiting: [waiting],
      ready: { ...keysPage.ready, rows: [], counted: 0, ready: 0, more: 7 },
    },
  ],
  "admin/revoke": [
    revoke,
    {
      ...revoke,
      confirmWithinSeconds: 900,
      kid: active.kid,
      refreshTokens: "end",
      reason: "leaked",
      problems: { reason: "Say why." },
    },
    { ...revoke, problems: { kid: "Choose.", refreshTokens: "Choose.", reason: "Say why." } },
  ],
  "admin/revoked": [
    revoked,
    { ...revoked, watch: undefined },
    { ...revoked, sites: revoked.sites.slice(0, 1), watch: undefined, who: undefined },
    { ...revoked, sites: [], watch: undefined, activated: undefined, published: undefined },
  ],
};
