// Handing a key event to a site's kit, and reading the little that it answers.
import type { z } from "zod";
import type { OutboundCall } from "./outbound-call.ts";

export type KeyEventAnswer<Answer> =
  /** `said` is undefined when the kit answered something that no kit answers. */
  | { readonly kind: "heard"; readonly said: Answer | undefined }
  | { readonly kind: "not-heard"; readonly status?: number; readonly problem: string };

/** @param answer  what the kit says with status 200 */
export async function callWithKeyEvent<Schema extends z.ZodType>(
  call: OutboundCall,
  { uri, token, answer }: { uri: string; token: string; answer: Schema },
): Promise<KeyEventAnswer<z.output<Schema>>> {
  const came = await call(uri, { event_token: token });
  if (came.kind === "failed") return { kind: "not-heard", problem: came.problem };
  const { status } = came;
  if (status !== 200) return { kind: "not-heard", status, problem: `answers ${status}` };
  return { kind: "heard", said: answer.safeParse(parseJson(came.body)).data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
