// What has to be reached beside node-oidc-provider, as ratios of what each does in a second.

import type { Flow } from "./flows/flow.ts";
import {
  clientCredentials,
  discovery,
  introspection,
  jwks,
  refresh,
  refreshWithIdToken,
  signOnHop,
  userinfo,
} from "./flows/flows.ts";

export interface Row {
  readonly flow: Flow;
  /** The least that there is to do. */
  readonly leastWork: string;
  readonly mustReach: number;
  readonly stretch: number;
  /** Also beside servers that do nothing else. */
  readonly besideBare?: boolean;
}

export const ROWS: readonly Row[] = [
  {
    flow: clientCredentials,
    leastWork: "1 signature, no statement",
    mustReach: 1.25,
    stretch: 1.35,
  },
  { flow: signOnHop, leastWork: "2 signatures, 3 statements", mustReach: 1.9, stretch: 2.1 },
  { flow: refresh, leastWork: "1 signature, 1 statement", mustReach: 2.3, stretch: 2.6 },
  {
    flow: refreshWithIdToken,
    leastWork: "2 signatures, 1 statement",
    mustReach: 1.35,
    stretch: 1.5,
  },
  {
    flow: jwks,
    leastWork: "a buffer made once",
    mustReach: 2.6,
    stretch: 2.8,
    besideBare: true,
  },
  {
    flow: discovery,
    leastWork: "a buffer made once",
    mustReach: 2.6,
    stretch: 2.8,
    besideBare: true,
  },
  { flow: userinfo, leastWork: "1 verification, 1 read", mustReach: 2.1, stretch: 2.4 },
  { flow: introspection, leastWork: "1 verification, 1 read", mustReach: 2.1, stretch: 2.5 },
];
