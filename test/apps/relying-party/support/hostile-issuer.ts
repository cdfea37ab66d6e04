// A process of its own that serves hostile answers, so that what they cost it is not mistaken for what they cost a
// site. Takes the right key as its argument, prints its port, and ends with whoever started it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HOSTILE_ANSWERS, sendJson } from "./hostile-answers.ts";

const good = JSON.parse(process.argv[2] ?? "{}");

/** /3 is the fourth hostile answer, anything else the right one. */
const server = createServer((request, response) => {
  const [, answer] = HOSTILE_ANSWERS[Number(request.url?.slice(1) || Number.NaN)] ?? [];
  if (answer) answer(response, good);
  else sendJson(response, { keys: [good] });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().once("end", () => process.exit(0));
