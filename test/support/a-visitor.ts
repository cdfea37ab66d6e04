// A browser as far as the protocol needs one: cookies per host name (ports do not
// separate them, RFC 6265 §8.5), forms as they stand in the page, no
// redirect followed unless asked. Tests of doors use it; journeys use a real Chromium.
import { localFetch } from "./local-fetch.ts";

export interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Absolute. */
  readonly location: string | undefined;
  /** The forms of the page, hidden fields filled in. */
  readonly forms: readonly Form[];
}

export interface Visitor {
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(
    url: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Follows redirects until a page, or until the next address begins with `until`. */
  follow(url: string, until?: string): Promise<Answer>;
  /** Fills a form of a page and submits it as a browser would. */
  submit(
    page: Answer,
    fields?: Record<string, string>,
    which?: (form: Form) => boolean,
  ): Promise<Answer>;
  readonly cookies: Map<string, string>;
}

const MOST_REDIRECTS = 20;

export function aVisitor(): Visitor {
  const cookies = new Map<string, string>();

  async function request(url: string, init: RequestInit = {}): Promise<Answer> {
    const { hostname: host } = new URL(url);
    const sent = [...cookies].filter(([name]) => name.startsWith(`${host} `));
    const headers = new Headers(init.headers);
    if (sent.length > 0 && !headers.has("Cookie")) {
      headers.set(
        "Cookie",
        sent.map(([name, value]) => `${name.slice(host.length + 1)}=${value}`).join("; "),
      );
    }
    const response = await localFetch(url, { ...init, headers });
    for (const line of response.headers.getSetCookie()) keep(host, line);
    const text = await response.text();
    const location = response.headers.get("Location");
    return {
      url,
      status: response.status,
      headers: response.headers,
      text,
      location: location === null ? undefined : new URL(location, url).href,
      forms: formsIn(text, url),
    };
  }

  function keep(host: string, line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const [name = "", ...value] = pair.split("=");
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8);
    const isOver = expires !== undefined && new Date(expires).getTime() <= Date.UTC(2000, 0);
    if (isOver || /max-age=0/i.test(line)) cookies.delete(`${host} ${name}`);
    else cookies.set(`${host} ${name}`, value.join("="));
  }

  const get = (url: string, headers: Record<string, string> = {}) => request(url, { headers });

  const post = (
    url: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ) =>
    request(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "Sec-Fetch-Site": "same-origin", ...headers },
    });

  async function follow(url: string, until?: string): Promise<Answer> {
    let answer = await get(url);
    for (let hops = 0; answer.location !== undefined && hops < MOST_REDIRECTS; hops += 1) {
      if (until !== undefined && answer.location.startsWith(until)) return answer;
      answer = await get(answer.location);
    }
    return answer;
  }

  async function submit(
    page: Answer,
    fields: Record<string, string> = {},
    which: (form: Form) => boolean = () => true,
  ): Promise<Answer> {
    const form = page.forms.find(which);
    if (!form)
      throw new Error(`no such form on ${page.url} (${page.status}): ${page.text.slice(0, 400)}`);
    return post(form.action, { ...form.fields, ...fields });
  }

  return { get, post, follow, submit, cookies };
}

function formsIn(html: string, base: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)]
    .filter(([, attributes = ""]) => /method="post"/i.test(attributes))
    .map(([, attributes = "", inside = ""]) => ({
      action: new URL(attributeOf(attributes, "action") ?? "", base).href,
      fields: Object.fromEntries(
        [...inside.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = ""]) => {
          const name = attributeOf(input, "name");
          return name === undefined ? [] : [[name, attributeOf(input, "value") ?? ""]];
        }),
      ),
    }));
}

function attributeOf(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return found
    ?.replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
