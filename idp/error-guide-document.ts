// The guide to error codes as docs/errors.md. `tsx idp/error-guide-document.ts` prints it; a test holds
// the document to it. The running provider shows the same at /errors.
import { pathToFileURL } from "node:url";
import { ERROR_GUIDE, type ErrorGuide } from "./protocol/error-guide.ts";

const INTRODUCTION = `# Errors

Every answer that refuses something has the code of the specification that defines it, a description for
whoever builds the client, and an \`error_uri\` that leads to the code below, on the provider itself
(\`/errors\`). People get a page with a number to quote and what to do next.`;

export function errorGuideDocument(): string {
  const sections = Object.entries(ERROR_GUIDE).map(section);
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function section([code, { specification, means, change }]: [string, ErrorGuide]): string {
  const steps = change.map((step) => `- ${step}`).join("\n");
  return `## ${code}\n\n${means} (${specification})\n\n${steps}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(errorGuideDocument());
