// Money is whole cents until it is written: "€4,218.36", and "−" for minus, never a hyphen.

const plain = new Intl.NumberFormat("en-GB", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

const sign = (cents: number) => (cents < 0 ? "−" : "");

/** "€4,218.36" or "−€46.20" */
export const euros = (cents: number): string =>
  `${sign(cents)}€${plain.format(Math.abs(cents) / 100)}`;

/** "+€3,180.00" or "−€46.20": a movement says which way it went. */
export const movedEuros = (cents: number): string => (cents > 0 ? "+" : "") + euros(cents);

/** "4,218.36", for a column whose head names the currency. */
export const bareEuros = (cents: number): string =>
  `${sign(cents)}${plain.format(Math.abs(cents) / 100)}`;

/** "€4,218", to the nearest euro. */
export function wholeEuros(cents: number): string {
  const rounded = Math.round(Math.abs(cents) / 100);
  return `${rounded === 0 ? "" : sign(cents)}€${whole.format(rounded)}`;
}

/** "4218.36": an amount for programs, as text so that no reader loses a cent to a float. */
export const decimalEuros = (cents: number): string =>
  `${cents < 0 ? "-" : ""}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;
