/** The numbers that a text names, in no order: 1,000 and 1000 are one. What both languages of a text must have in common. */
export const numbersIn = (text: string): string[] =>
  (text.replace(/(?<=\d),(?=\d{3})/g, '').match(/\d+(\.\d+)?/g) ?? []).sort();
