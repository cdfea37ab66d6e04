// docs/conformance.md, made of what a run has shown.
import type { Result } from "./modules/modules.ts";
import type { Plan } from "./plans.ts";

/** By plan and module: how it went, in every variant alike. */
export type Outcomes = ReadonlyMap<string, Result>;

export const outcomeKey = (plan: string, module: string): string => `${plan} ${module}`;

const INTRODUCTION = `# Conformance

The modules of the OpenID Foundation's plans for providers, by the Foundation's names, as Signet's own tests go through them
(\`test/conformance\`): over HTTP, with clients that register dynamically, once with PKCE for everybody (\`PKCE_FOR=all\`) and once without
PKCE as the Foundation's suite sends it (\`PKCE_FOR=public\`); Basic OP also with \`response_mode=form_post\`. This page is written by the run:
\`npm run conformance\`.

To put Signet before the Foundation's suite itself: \`PKCE_FOR=public\`, \`REGISTRATION=open\` (it registers without a token) and
\`ASSERTION_AUDIENCE=issuer-or-token-endpoint\`. All three are weakenings, and the console says so.

"Refused" is a pass by the plan's own rules: the feature is not offered, discovery says so, and the answer is the error that the
specification names. A \`logo_uri\` is kept and told back, and shown to nobody: it would be an image of a stranger's choosing on the
page where people decide.`;

export function conformanceDocument(plans: readonly Plan[], outcomes: Outcomes): string {
  const sections = plans.map(({ name, modules, formPost }) => {
    const names = Object.keys(modules);
    const rows = names.map((module) => row(module, outcomes.get(outcomeKey(name, module))));
    const variants = formPost ? ", by query and by form_post" : "";
    return [
      `## ${name}`,
      `${names.length} modules${variants}.`,
      ["| module | result | note |", "|---|---|---|", ...rows].join("\n"),
    ].join("\n\n");
  });
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function row(module: string, result: Result | undefined): string {
  if (result === undefined) return `| \`${module}\` | not run | |`;
  if (result === "passed") return `| \`${module}\` | passed | |`;
  return `| \`${module}\` | refused | ${result.refused} |`;
}
