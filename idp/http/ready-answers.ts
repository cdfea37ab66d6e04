/**
 * Answers that are ready before anybody asks: the documents every verifier fetches. They are given in front of
 * everything else, with the headers that everything else would have given them; whatever is not quite such
 * a request goes its usual way, to the same documents.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { randomText } from "../protocol/random-text.ts";
import { OPEN_CORS } from "./cors.ts";
import type { Logger } from "./logger.ts";
import { documentAnswer, type PublicDocument } from "./public-document.ts";
import { securityHeaderList } from "./security-headers.ts";

/** By the request target, as it stands in the request line. */
export type ReadyDocuments = ReadonlyMap<string, () => PublicDocument>;

export interface ReadyAnswersDeps {
  readonly documents: ReadyDocuments;
  readonly config: { readonly secure: boolean };
  readonly logger: Logger;
}

export function readyAnswers({ documents, config, logger }: ReadyAnswersDeps) {
  const always = [...securityHeaderList(config), ...OPEN_CORS].flat();

  function answer(request: IncomingMessage, response: ServerResponse, document: PublicDocument) {
    const requestId = randomText(12);
    const { status, headers, body } = documentAnswer(document, {
      ifNoneMatch: request.headers["if-none-match"],
      acceptEncoding: request.headers["accept-encoding"],
    });
    const own = Object.entries(headers).flat();
    response.writeHead(status, [...always, "X-Request-Id", requestId, ...own]);
    response.end(request.method === "HEAD" ? undefined : body);
    const { method, url: route } = request;
    logger.info({ requestId, method, route, status, milliseconds: 0 }, "request");
  }

  return (others: RequestListener): RequestListener =>
    (request, response) => {
      const document = isPlain(request) ? documentAt(request.url) : undefined;
      if (document === undefined) others(request, response);
      else answer(request, response, document);
    };

  function documentAt(target: string | undefined): PublicDocument | undefined {
    try {
      return documents.get(target ?? "")?.();
    } catch {
      // What there is to say of that is said where errors are rendered.
      return undefined;
    }
  }
}

/** No body to be read, and nothing asked that the documents do not decide by themselves. */
const isPlain = ({ method, headers }: IncomingMessage): boolean =>
  (method === "GET" || method === "HEAD") &&
  headers["content-length"] === undefined &&
  headers["transfer-encoding"] === undefined &&
  headers.expect === undefined;
