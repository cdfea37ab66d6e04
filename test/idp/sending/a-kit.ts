// A site's kit as far as the sender of key events meets it: a real HTTP server that hears events and
// answers what the test says.
import { setTimeout as wait } from "node:timers/promises";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { aServer, bodyOf } from "./a-server.ts";

export interface HeardEvent {
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}

export interface KitAnswer {
  readonly status?: number;
  readonly body: unknown;
}

export interface AKit {
  readonly uri: string;
  readonly heard: readonly HeardEvent[];
  /** How many events it heard at the same time, at most. */
  readonly mostAtOnce: number;
  /** What it answers from now on. */
  answer: (event: HeardEvent) => KitAnswer | Promise<KitAnswer>;
}

/** What a kit answers to a notice. */
export const refusing = ({ claims }: HeardEvent): KitAnswer => ({
  body: {
    instance: "kit-1",
    refused: (claims.revoked as string[]).map((kid) => ({ kid, at: "2026-03-01T12:00:00Z" })),
  },
});

/** What a kit answers to a probe. */
export const verifying = ({ header }: HeardEvent): KitAnswer => ({
  body: { kid: header.kid, instance: "kit-1", verified: true },
});

export async function aKit(answer: AKit["answer"]): Promise<AKit> {
  const heard: HeardEvent[] = [];
  let atOnce = 0;
  const kit = { uri: "", heard, mostAtOnce: 0, answer };
  const server = await aServer(async (request, response) => {
    atOnce += 1;
    kit.mostAtOnce = Math.max(kit.mostAtOnce, atOnce);
    const token = new URLSearchParams(await bodyOf(request)).get("event_token") ?? "";
    const event = { token, header: { ...decodeProtectedHeader(token) }, claims: decodeJwt(token) };
    heard.push(event);
    const { status = 200, body } = await kit.answer(event);
    atOnce -= 1;
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  kit.uri = `http://bank.localhost:${server.port}/key-events`;
  return kit;
}

/** Until something holds, without saying how soon. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5);
}
