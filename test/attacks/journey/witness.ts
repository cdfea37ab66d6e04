// Whoever goes on the journey is watched: what was secret on the wire, every log line, every page and
// every answer to an operator is kept, to be looked into afterwards.

import type { HeardEvent } from "../../idp/sending/a-kit.ts";
import { type Answer, aVisitor, type Visitor } from "../../support/a-visitor.ts";
import type { TestIdp } from "../../support/an-idp.ts";
import { type ApiAnswer, anOperator } from "../../support/an-operator.ts";

export interface Witness {
  readonly log: string[];
  /** Everything that was secret, by what it was. */
  readonly secrets: Map<string, string>;
  readonly pages: Answer[];
  readonly answers: { readonly path: string; readonly text: string }[];
  /** What was sent to a site's kit. */
  readonly heard: HeardEvent[];
  /** Remembers a secret, and hands it on. */
  secret(what: string, value: unknown): string;
  /** A visitor whose cookies count as secrets and whose pages are looked into. */
  visitor(): Visitor;
  operator(idp: Pick<TestIdp, "issuer">, token?: string): ReturnType<typeof anOperator>;
}

export function aWitness(): Witness {
  const secrets = new Map<string, string>();
  const pages: Answer[] = [];
  const answers: { path: string; text: string }[] = [];

  const secret = (what: string, value: unknown): string => {
    if (typeof value !== "string" || value === "") throw new Error(`no ${what}`);
    secrets.set(`${what} ${secrets.size}`, value);
    return value;
  };

  return {
    log: [],
    secrets,
    pages,
    answers,
    heard: [],
    secret,

    visitor() {
      const visitor = aVisitor();
      const kept = async (answer: Promise<Answer>) => {
        pages.push(await answer);
        for (const [name, value] of visitor.cookies) secret(`cookie ${name}`, value);
        return answer;
      };
      return {
        cookies: visitor.cookies,
        get: (...given) => kept(visitor.get(...given)),
        post: (...given) => kept(visitor.post(...given)),
        follow: (...given) => kept(visitor.follow(...given)),
        submit: (...given) => kept(visitor.submit(...given)),
      };
    },

    operator(idp, token) {
      const ask = token === undefined ? anOperator(idp) : anOperator(idp, token);
      return async (method, path, ...more): Promise<ApiAnswer> => {
        const answer = await ask(method, path, ...more);
        answers.push({ path, text: answer.text });
        return answer;
      };
    },
  };
}
