import type { Suite } from "../the-suite.ts";

/** What a module comes to here: it passes, or is answered with the refusal that the metadata announces. */
export type Result = "passed" | { readonly refused: string };

/** @returns how it went, after asserting it */
export type Module = (suite: Suite) => Promise<Result>;

export type Modules = Readonly<Record<string, Module>>;
