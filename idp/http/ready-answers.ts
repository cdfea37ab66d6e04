/**
 * Answers that are ready before anybody asks: the documents every verifier fetches. They are given in front of
 * everything else, with the headers that everything else would have given them; whatever is not quite such
 * a request goes its usual way, to the same documents.
 */
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from "node:http";
import { randomText } from "../protocol/random-text.ts";
import { OPEN_CORS } from "./cors.ts";
import type { Logger } from "./logger.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";
import { securityHeaderList } from "./security-headers.ts";

/**
 * What is ready for a request target, as it stands in the request line. Undefined, or an error, sends the
 * request its usual way: what there is to say of that is said there.
 */
export type FindReady = (
  target: string,
  headers: IncomingHttpHeaders,
) => Ready | Promise<Ready | undefined> | undefined;

export interface Ready {
  /** As the access line names it. */
  readonly route: string;
  readonly answer: PreparedAnswer;
}

export interface ReadyAnswersDeps {
  readonly find: FindReady;
  readonly config: { readonly secure: boolean };
  readonly logger: Logger;
}

export function readyAnswers({ find, config, logger }: ReadyAnswersDeps) {
  const always = [...securityHeaderList(config), ...OPEN_CORS].flat();

  function give(request: IncomingMessage, response: ServerResponse, { route, answer }: Ready) {
    const requestId = randomText(12);
    const { status, headers, body } = answer;
    response.writeHead(status, [...always, "X-Request-Id", requestId, ...headers]);
    response.end(request.method === "HEAD" ? undefined : body);
    logger.info({ requestId, method: request.method, route, status, milliseconds: 0 }, "request");
  }

  return (others: RequestListener): RequestListener =>
    (request, response) => {
      const otherwise = () => others(request, response);
      const found = isPlain(request)
        ? attempt(() => find(request.url ?? "", request.headers))
        : undefined;
      if (found === undefined) otherwise();
      else if (!(found instanceof Promise)) give(request, response, found);
      else
        found
          .then((ready) => (ready ? give(request, response, ready) : otherwise()), otherwise)
          .catch(() => response.destroy());
    };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** No body to be read, and nothing asked that the documents do not decide by themselves. */
const isPlain = ({ method, headers }: IncomingMessage): boolean =>
  (method === "GET" || method === "HEAD") &&
  headers["content-length"] === undefined &&
  headers["transfer-encoding"] === undefined &&
  headers.expect === undefined;
