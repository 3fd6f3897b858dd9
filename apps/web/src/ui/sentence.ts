/** A phrase of the house's as a sentence of its own: with a capital at its beginning. */
export function sentence(phrase: string): string {
  return phrase.charAt(0).toLocaleUpperCase() + phrase.slice(1);
}
