// A browser as far as the kit can tell: cookies by host, redirects on demand, *.localhost is this machine.
import { type FetchLike, networkFetch } from "../../../../apps/relying-party/outbound-fetch.ts";

export interface Page {
  url: string;
  status: number;
  headers: Headers;
  text: string;
  setCookies: string[];
}

export interface Visitor {
  /** One request, no redirect followed. */
  request(
    url: string,
    options?: {
      method?: string;
      headers?: Record<string, string>;
      form?: Record<string, string>;
      /** As it is, in place of a form. */
      body?: string;
    },
  ): Promise<Page>;
  /** A navigation: follows redirects and lands somewhere. */
  visit(url: string): Promise<Page>;
  cookies(url: string): Map<string, string>;
  close(): Promise<void>;
}

export function aVisitor(): Visitor {
  const network = networkFetch();
  const jar = new Map<string, Map<string, string>>();
  const cookies = (url: string) => {
    const host = new URL(url).hostname;
    const found = jar.get(host) ?? new Map<string, string>();
    jar.set(host, found);
    return found;
  };
  const keep = (url: string, setCookies: string[]) => {
    for (const header of setCookies) {
      const [pair = "", ...attributes] = header.split("; ");
      const name = pair.slice(0, pair.indexOf("="));
      if (attributes.includes("Max-Age=0")) cookies(url).delete(name);
      else cookies(url).set(name, pair.slice(name.length + 1));
    }
  };
  const request: Visitor["request"] = async (url, { method, headers = {}, form, body } = {}) => {
    const cookie = [...cookies(url)].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send(network.fetch, url, {
      method: method ?? (form ? "POST" : "GET"),
      headers: {
        ...(cookie && { cookie }),
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
      ...(body !== undefined && { body }),
    });
    keep(url, answer.setCookies);
    return answer;
  };
  return {
    request,
    cookies,
    async visit(url) {
      let page = await request(url);
      for (let hops = 0; page.headers.has("location") && hops < 10; hops += 1) {
        page = await request(new URL(page.headers.get("location") ?? "", page.url).href);
      }
      return page;
    },
    close: network.close,
  };
}

async function send(fetch: FetchLike, url: string, init: Parameters<FetchLike>[1]): Promise<Page> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const { status, headers } = answer;
  return { url, status, headers, text, setCookies: headers.getSetCookie() };
}
