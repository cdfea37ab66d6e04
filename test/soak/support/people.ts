// Strangers who sign in at a real identity provider over HTTP, as their browsers would.
import { type Answer, aVisitor, type Visitor } from "../../support/a-visitor.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A new browser in front of the sign-in form, having come from this address. */
export async function atTheForm(from: string): Promise<{ visitor: Visitor; form: Answer }> {
  const visitor = aVisitor();
  const form = await visitor.follow(from);
  if (form.forms.length === 0) throw new Error(`no form at ${form.url}: ${form.status}`);
  return { visitor, form };
}

/** The sign-in form sent once, with these two fields. */
export const submitTo = ({ visitor, form }: { visitor: Visitor; form: Answer }, who: Credentials) =>
  visitor.submit(form, { ...who }, ({ fields }) => "password" in fields);

/** From a site's front page through the form and back to the site, signed in. */
export async function signInAt(site: string, who: Credentials): Promise<Visitor> {
  const here = await atTheForm(site);
  const sent = await submitTo(here, who);
  if (sent.location === undefined) throw new Error(`not signed in: ${sent.status} ${sent.text}`);
  const home = await here.visitor.follow(sent.location);
  if (home.status !== 200 || !home.url.startsWith(site))
    throw new Error(`not back at ${site}: ${home.status} ${home.url}`);
  return here.visitor;
}

/** Runs one after another on this many lanes. */
export async function onLanes(
  lanes: number,
  total: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < total) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
