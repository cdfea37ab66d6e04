// Keys and records have ids in base64url (RFC 4648 §5), and one in 64 begins with a dash, like an option.
// Whoever copies it from a list need not know that: it goes where it cannot be taken for one.

/** A kid, or the id of a record of ours: no option has that length. */
const DASHED_ID = /^-(?:[\w-]{21}|[\w-]{42})$/;

/**
 * The arguments with such ids at the end, behind `--`. One that follows an option stays: it is that
 * option's value.
 */
export function withDashedIdsLast(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const [before, behind] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
  const isId = (arg: string, index: number) =>
    DASHED_ID.test(arg) && !before[index - 1]?.startsWith("-");
  const ids = before.filter(isId);
  const rest = before.filter((arg, index) => !isId(arg, index));
  return ids.length + behind.length === 0 ? rest : [...rest, "--", ...ids, ...behind];
}
