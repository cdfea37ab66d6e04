// Names and notes that people read later, on pages, terminals and in logs.

/**
 * Whether text is only what it shows: no control characters (C0 and C1, which terminals obey), no line
 * separators, no half of a surrogate pair (which no database keeps), and nothing that turns the
 * direction of what stands around it, so that one name cannot be drawn as another.
 */
export const isPlainText = (text: string): boolean =>
  !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text);
