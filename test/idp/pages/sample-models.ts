/** One or more models for every view, typed so that a new page without a sample does not compile. */
import type { ViewName } from "../../../idp/http/render.ts";
import type { Views } from "../../../idp/http/views.ts";
import { accountSamples } from "./account/sample-account.ts";
import { adminSamples } from "./admin/sample-console.ts";

const issuerHost = "id.example.test";
const csrf = "csrf-token";
const now = new Date("2026-11-20T14:05:20Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

const harbour = {
  name: "Harbour Bank",
  host: "bank.example.test",
  mark: "harbour",
  home: "https://bank.example.test/",
} as const;
const evergreen = { name: "Evergreen", host: "plan.example.test", mark: "evergreen" } as const;
const stranger = { name: "Ledgerline", host: "app.ledgerline.example" };
const alice = { name: "Alice Moreau", email: "alice@example.test" };

const login = {
  issuerHost,
  client: harbour,
  action: "/sign-in/1",
  cancelAction: "/sign-in/1/cancel",
  csrf,
  email: "",
  activeKeyId: "Zk9xR3ssQm1TQvWnb0mT8e7Y1sVhVt2Jm4cN5uT1pQ4",
  passSeconds: 300,
};

const password = {
  kind: "form",
  issuerHost,
  person: alice,
  action: "/set-password/1",
  csrf,
  minimumLength: 15,
} as const;

export const sampleModels: { [V in ViewName]: [Views[V], ...Views[V][]] } = {
  login: [
    login,
    { ...login, email: alice.email, problem: { kind: "refused" } },
    { ...login, problem: { kind: "incomplete" } },
    { ...login, problem: { kind: "throttled", seconds: 40 } },
    { ...login, client: stranger, problem: { kind: "busy", seconds: 5 } },
    { ...login, client: undefined, cancelAction: undefined, again: true },
    { ...login, client: undefined, cancelAction: undefined, because: "everything-ended" },
  ],
  errors: [
    {
      issuerHost,
      errors: [
        {
          code: "invalid_request",
          specification: "RFC 6749, 5.2",
          means: "A parameter is missing.",
          change: [
            [
              { text: "Type ", isCode: false },
              { text: "signet clients list", isCode: true },
            ],
          ],
        },
      ],
    },
  ],
  "choose-account": [
    {
      issuerHost,
      client: evergreen,
      person: alice,
      action: "/choose-account/1",
      csrf,
      cancelAction: "/x",
    },
    { issuerHost, person: alice, action: "/choose-account/1", csrf },
  ],
  device: [
    { issuerHost, person: alice, action: "/device", csrf, userCode: "" },
    { issuerHost, person: alice, action: "/device", csrf, userCode: "WDJB-MJHT" },
    {
      issuerHost,
      person: alice,
      action: "/device",
      csrf,
      userCode: "WDJB",
      problem: { kind: "unknown" },
    },
    {
      issuerHost,
      person: alice,
      action: "/device",
      csrf,
      userCode: "WDJB",
      problem: { kind: "throttled", seconds: 40 },
    },
  ],
  "device/answer": [
    {
      issuerHost,
      client: stranger,
      resources: [{ name: "Harbour Bank", mark: "harbour" }],
      userCode: "WDJB-MJHT",
      may: ["See your name", "Go on using this while you are away"],
      mayNever: ["See or change your password"],
      lifetime: { kind: "offline", idleDays: 30, absoluteDays: 90 },
      person: alice,
      action: "/device/1",
      csrf,
      passSeconds: 300,
    },
  ],
  "device/answered": [
    { issuerHost, client: stranger, outcome: "allowed" },
    { issuerHost, client: stranger, outcome: "denied" },
    { issuerHost, client: stranger, outcome: "late" },
  ],
  consent: [
    {
      issuerHost,
      client: stranger,
      resources: [{ name: "Harbour Bank", mark: "harbour" }, { name: "Elsewhere" }],
      may: ["See your name", "See your accounts and balances"],
      mayNever: ["See or change your password"],
      lifetime: { kind: "offline", idleDays: 30, absoluteDays: 90 },
      person: alice,
      notYou: "/choose-account/1",
      action: "/consent/1",
      csrf,
      passSeconds: 300,
    },
    {
      issuerHost,
      client: stranger,
      resources: [],
      may: ["See your name"],
      mayNever: ["See or change your password"],
      lifetime: { kind: "signed-in" },
      person: alice,
      action: "/consent/1",
      csrf,
      passSeconds: 300,
    },
  ],
  "signed-out": [
    {
      issuerHost,
      browsers: 1,
      everywhere: false,
      at: now,
      now,
      reference: "8KQ2-71FD",
      sites: [
        { site: harbour, ending: { kind: "ended-itself" } },
        {
          site: evergreen,
          ending: {
            kind: "trying",
            attempts: 2,
            nextAttemptAt: minutes(1),
            problem: "answers 500",
          },
          endsBy: minutes(5),
        },
        { site: stranger, ending: { kind: "told", at: now } },
        { site: stranger, ending: { kind: "by-itself" }, endsBy: minutes(-1) },
      ],
      watch: { seconds: 2, receipt: "receipt-1" },
      frames: [],
    },
    {
      issuerHost,
      browsers: 1,
      everywhere: false,
      at: now,
      now,
      sites: [
        { site: stranger, ending: { kind: "in-browser" }, endsBy: minutes(4) },
        { site: evergreen, ending: { kind: "given-up", attempts: 40 } },
      ],
      frames: ["https://rp.example.test/logout?iss=i&sid=s"],
      onward: "https://rp.example.test/bye?state=1",
    },
    { issuerHost, browsers: 1, everywhere: false, at: now, now, sites: [], frames: [] },
    { issuerHost, browsers: 3, everywhere: true, at: now, now, sites: [], frames: [] },
    { issuerHost, browsers: 0, everywhere: false, at: now, now, sites: [], frames: [] },
  ],
  "sign-out": [
    {
      issuerHost,
      person: alice,
      client: stranger,
      sites: [harbour],
      action: "/logout/1",
      csrf,
      stay: "/",
    },
    { issuerHost, sites: [], action: "/logout/1", csrf, stay: "/" },
  ],
  password: [
    password,
    { ...password, problem: { field: "password", sentence: "Too short." } },
    { ...password, problem: { field: "repeat", sentence: "The two are not the same." } },
    { kind: "done", issuerHost, person: alice, signIn: "/" },
  ],
  home: [
    {
      issuerHost,
      person: { ...alice, console: "https://id.example.test/admin/keys", since: minutes(-30) },
      sites: [harbour, evergreen],
      activeKeyId: login.activeKeyId,
      passSeconds: 300,
    },
    { issuerHost, sites: [], passSeconds: 300 },
  ],
  error: [
    {
      issuerHost,
      title: "This sign-in has already been used",
      explanation: "Each sign-in works once. Nothing is wrong with your account.",
      whatNext: ["Start again."],
      developerNote: "invalid_request: answered before",
      caption: "Each seal opens once.",
      wayBack: { label: "Start again", href: "https://bank.example.test/" },
      reference: "7F3K-92QD",
      at: now,
    },
    {
      issuerHost,
      title: "Not here",
      explanation: "No such page.",
      whatNext: [],
      reference: "1",
      at: now,
    },
  ],
  "form-post": [
    {
      issuerHost,
      client: harbour,
      action: "https://bank.example.test/callback",
      parameters: [
        ["code", "sgc_1"],
        ["state", "s"],
      ],
    },
    { issuerHost, action: "https://app.example/cb", parameters: [["error", "access_denied"]] },
  ],
  ...accountSamples,
  ...adminSamples,
};
