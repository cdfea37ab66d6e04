import type { z } from "zod";
import { type OperateConfig, Refusal } from "./config.ts";

export interface AdminClient {
  /**
   * Asks the admin API.
   * @param path  below `/admin/api`, parameters already encoded
   * @throws Refusal with what the API says, or why it cannot be reached
   */
  ask<Answer extends z.ZodType>(
    method: "GET" | "POST" | "PUT" | "PATCH",
    path: string,
    answer: Answer,
    body?: unknown,
  ): Promise<z.output<Answer>>;
}

const TIMEOUT_MILLISECONDS = 30_000;

export const adminClient = ({ adminUrl, adminToken }: OperateConfig): AdminClient => ({
  async ask(method, path, answer, body) {
    const response = await fetch(new URL(`/admin/api${path}`, onLoopback(adminUrl)), {
      method,
      headers: {
        Authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token is for this address and no other.
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    }).catch((error: unknown) => {
      throw new Refusal(`Signet does not answer at ${adminUrl} (${whyNot(error)})`);
    });
    const text = await response.text();
    const said = parseJson(text);
    if (!response.ok) throw new Refusal(refusalIn(said) ?? `Signet answered ${response.status}`);
    const parsed = answer.safeParse(said);
    if (!parsed.success) throw new Refusal(`${adminUrl} does not answer like Signet`);
    return parsed.data;
  },
});

/** Not every resolver knows that `*.localhost` is this machine (RFC 6761 §6.3). */
function onLoopback(adminUrl: string): URL {
  const url = new URL(adminUrl);
  if (url.protocol === "http:" && url.hostname.endsWith(".localhost")) url.hostname = "127.0.0.1";
  return url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalIn(said: unknown): string | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  if ("error_description" in said && typeof said.error_description === "string")
    return said.error_description;
  return "error" in said ? String(said.error) : undefined;
}

function whyNot(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause && cause.code) return String(cause.code);
  return cause instanceof Error ? cause.message : "unknown";
}
