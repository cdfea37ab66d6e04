/**
 * The pages people see, by name. Each `pages/<page>/<page>-model.ts` adds its own line to `Views` by
 * declaration merging, so that `render` is typed by every page and the edge imports no door.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the pages, one line each.
export interface Views {}

/** Sites that bring a mark of their own; any other is shown with a neutral one. */
export type BrandMark = "harbour" | "evergreen";

/** A client as a person knows it: a site with a name and an address. */
export interface SiteView {
  readonly name: string;
  /** The host a person would see in the address bar there, e.g. `bank.localhost:4001`. */
  readonly host: string;
  readonly mark?: BrandMark | undefined;
  /** Its front page, absolute; shown as a link only when it is http or https. */
  readonly home?: string | undefined;
}

export interface PersonView {
  readonly name: string;
  readonly email: string;
}
