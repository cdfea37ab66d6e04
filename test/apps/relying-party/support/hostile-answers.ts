// What a key set's address may answer instead of a key set: by mistake, by a proxy, or by somebody who wants the
// site's memory or its time. Each is told the key that would be right.
import type { ServerResponse } from "node:http";
import type { JWK } from "jose";

type Answer = (response: ServerResponse, good: JWK) => void;

const JSON_TYPE = { "content-type": "application/json" };

const send = (response: ServerResponse, type: string, text: string) => {
  response.writeHead(200, { "content-type": type }).end(text);
};
export const sendJson = (response: ServerResponse, value: unknown) =>
  send(response, "application/json", JSON.stringify(value));

const keySet = (good: JWK) => JSON.stringify({ keys: [good] });
const copies = (good: JWK, count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...good, kid: `copy-${index}` }));

/** Until the reader hangs up, or so many bytes have been sent. */
function flood(response: ServerResponse, bytes = Number.POSITIVE_INFINITY) {
  const chunk = " ".repeat(16 * 1024);
  let left = bytes;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return;
    }
    if (!response.destroyed) response.end();
  };
  response.on("drain", more).on("error", () => undefined);
  more();
}

function drip(response: ServerResponse, milliseconds: number) {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(" "), milliseconds);
  response.on("close", () => clearInterval(timer)).on("error", () => undefined);
}

const MEGABYTE = 1024 * 1024;

export const HOSTILE_ANSWERS: readonly (readonly [string, Answer])[] = [
  ["an error page", (response) => response.writeHead(500).end("broken")],
  ["HTML", (response) => send(response, "text/html", "<h1>Welcome</h1>")],
  ["HTML that says it is JSON", (response) => send(response, "application/json", "<h1>Hi</h1>")],
  ["a key set that says it is HTML", (response, good) => send(response, "text/html", keySet(good))],
  ["nothing", (response) => send(response, "application/json", "")],
  ["an empty set", (response) => sendJson(response, { keys: [] })],
  ["no set", (response) => sendJson(response, {})],
  ["null", (response) => sendJson(response, null)],
  ["a list", (response) => sendJson(response, [])],
  ["keys that are text", (response) => sendJson(response, { keys: "RSA" })],
  ["keys that are no objects", (response) => sendJson(response, { keys: [1, null, "a"] })],
  [
    "a truncated document",
    (response, good) => send(response, "application/json", keySet(good).slice(0, -9)),
  ],
  ["the same kid twice", (response, good) => sendJson(response, { keys: [good, good] })],
  ["21 keys", (response, good) => sendJson(response, { keys: copies(good, 21) })],
  ["10 000 keys", (response, good) => sendJson(response, { keys: copies(good, 10_000) })],
  [
    "a set of 65 KiB",
    (response, good) => sendJson(response, { keys: [good], padding: "x".repeat(65 * 1024) }),
  ],
  [
    "100 MB, with their length",
    (response) => {
      const bytes = 100 * MEGABYTE;
      flood(response.writeHead(200, { ...JSON_TYPE, "content-length": bytes }), bytes);
    },
  ],
  ["100 MB in pieces", (response) => flood(response.writeHead(200, JSON_TYPE), 100 * MEGABYTE)],
  ["an endless answer", (response) => flood(response.writeHead(200, JSON_TYPE))],
  ["an answer that never comes", () => undefined],
  [
    "an answer that stops half way",
    (response) => void response.writeHead(200, JSON_TYPE).write("{"),
  ],
  ["5 bytes a second", (response) => drip(response, 200)],
  ["a broken connection", (response) => response.destroy()],
  ["a redirect", (response) => response.writeHead(302, { location: "/elsewhere" }).end()],
  ["an unasked 304", (response) => response.writeHead(304).end()],
  ["an empty 204", (response) => response.writeHead(204).end()],
];
