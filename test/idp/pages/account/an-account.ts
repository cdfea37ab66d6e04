// What the tests of a person's own pages arrange: people, the sites they use, and browsers of all kinds.
import { csrfToken } from "../../../../idp/http/csrf.ts";
import { type Answer, aVisitor, type Form, type Visitor } from "../../../support/a-visitor.ts";
import type { Person, TestIdp } from "../../../support/an-idp.ts";
import {
  type aClient,
  authorizeUrl,
  redeem,
  signedIn,
  told,
} from "../../endpoints/authorize/arranging.ts";

export type Site = Awaited<ReturnType<typeof aClient>>;

export const FIREFOX =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:128.0) Gecko/20100101 Firefox/128.0";
export const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/** A browser that says what it is. */
export function aBrowserOf(userAgent: string): Visitor {
  const visitor = aVisitor();
  const named = { "User-Agent": userAgent };
  const post: Visitor["post"] = (url, fields, headers) =>
    visitor.post(url, fields, { ...named, ...headers });
  return {
    ...visitor,
    post,
    async submit(page, fields = {}, which = () => true) {
      const form = page.forms.find(which);
      if (!form) throw new Error(`no such form on ${page.url}`);
      return post(form.action, { ...form.fields, ...fields });
    },
  };
}

/** Signs in at a site, and gives the site its tokens. */
export async function visits(
  visitor: Visitor,
  idp: TestIdp,
  site: Site,
  person: Person,
): Promise<{ refreshToken: string; accessToken: string }> {
  const asked = await visitor.get(authorizeUrl(idp, site));
  const answer = /\/sign-in\//.test(asked.location ?? "")
    ? await signedIn(visitor, idp, site, person)
    : asked;
  const tokens = await redeem(visitor, idp, site, told(answer).code);
  return {
    refreshToken: String(tokens.refresh_token),
    accessToken: String(tokens.access_token),
  };
}

/** Allows an app of strangers to work while the person is away, and gives it its tokens. */
export async function allowsWhileAway(
  visitor: Visitor,
  idp: TestIdp,
  app: Site,
  asked: Record<string, string> = {},
): Promise<{ refreshToken: string }> {
  const wanted = { scope: "openid offline_access", prompt: "consent", ...asked };
  const page = await visitor.follow(authorizeUrl(idp, app, wanted));
  const { location } = await visitor.submit(page, { decision: "allow" });
  const tokens = await redeem(visitor, idp, app, told(await visitor.get(location ?? "")).code);
  return { refreshToken: String(tokens.refresh_token) };
}

/** Whether a site still gets tokens for what it holds. */
export async function refreshes(
  idp: TestIdp,
  site: Site,
  refreshToken: string,
): Promise<string | undefined> {
  const answer = await aVisitor().post(
    `${idp.issuer}/token`,
    { grant_type: "refresh_token", refresh_token: refreshToken },
    { Authorization: `Basic ${btoa(`${site.id}:${site.secret}`)}` },
  );
  return JSON.parse(answer.text).refresh_token;
}

export const secretOf = ({ cookies }: Visitor, name = "session"): string | undefined =>
  [...cookies].find(([key]) => key.endsWith(` signet_${name}`))?.[1];

/** What a browser sends, as headers for requests that must not take part in its cookies. */
export const cookiesOf = ({ cookies }: Visitor) => ({
  Cookie: [...cookies].map(([key, value]) => `${key.split(" ")[1]}=${value}`).join("; "),
});

/** An act with a token that is right for this browser's session, drawn by no page of ours. */
export const act = (
  visitor: Visitor,
  { issuer }: TestIdp,
  path: string,
  fields: Record<string, string> = {},
): Promise<Answer> =>
  visitor.post(`${issuer}${path}`, {
    csrf: csrfToken(secretOf(visitor) ?? "", path),
    ...fields,
  });

export const formTo =
  (end: string | RegExp) =>
  ({ action }: Form): boolean => {
    const { pathname } = new URL(action);
    return typeof end === "string" ? pathname.endsWith(end) : end.test(pathname);
  };

export const accountOf = (visitor: Visitor, { issuer }: TestIdp): Promise<Answer> =>
  visitor.get(`${issuer}/account`);

export const isSignedIn = async (visitor: Visitor, idp: TestIdp): Promise<boolean> =>
  (await accountOf(visitor, idp)).status === 200;

/** The ids of the account's open sessions, the last used first. */
export const sessionIds = async ({ known, clock }: TestIdp, { account }: Person) =>
  (await known.sessions.list(account.id, clock.now())).map(({ id }) => id);

/** Kinds of the account's events, the newest first. */
export const kindsOf = async ({ known }: TestIdp, { account }: Person) =>
  (await known.audit.list({ limit: 500 }))
    .filter((event) => event.accountId === account.id)
    .map(({ kind }) => kind);
