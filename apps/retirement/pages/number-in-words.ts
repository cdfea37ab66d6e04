// "Twenty-one": whole numbers below a hundred, for a title.
const SMALL = [
  "No",
  "One",
  "Two",
  "Three",
  "Four",
  "Five",
  "Six",
  "Seven",
  "Eight",
  "Nine",
  "Ten",
  "Eleven",
  "Twelve",
  "Thirteen",
  "Fourteen",
  "Fifteen",
  "Sixteen",
  "Seventeen",
  "Eighteen",
  "Nineteen",
];
const TENS = ["", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"];

export function numberInWords(value: number): string {
  const small = SMALL[value];
  if (small) return small;
  const rest = value % 10;
  const tens = TENS[Math.floor(value / 10)] ?? String(value);
  return rest === 0 ? tens : `${tens}-${SMALL[rest]?.toLowerCase()}`;
}
