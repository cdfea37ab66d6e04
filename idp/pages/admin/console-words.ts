// How the console says lists and numbers. Whoever stands in a list was named by somebody else: templates
// escape it (security D4).

/** `Evergreen`, `Evergreen and Ledgerline`, `Evergreen, Ledgerline and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : [...shown];
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

/** `1 site`, `2 sites`. */
export const counted = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? "" : "s"}`;
