import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { english } from '#src/words/en/english.ts';

/** Every sentence of the app. Another language is another value of this type: a missing sentence does not compile. */
export type Words = typeof english;

/** Languages beside English, each loaded only when it is chosen. Its key is a BCP 47 tag. */
const languages: Record<string, () => Promise<Words>> = {};

const WordsContext = createContext<Words>(english);

/** The sentences in the reader's language. */
export function useWords(): Words {
  return use(WordsContext);
}

/** Picks the first of the browser's languages that there are words for; English until then. */
export function WordsProvider({ children }: { children: ReactNode }) {
  const [words, setWords] = useState(english);
  useEffect(() => {
    const tag = navigator.languages
      .map((one) => one.split('-')[0] ?? '')
      .find((one) => one === 'en' || one in languages);
    const load = tag ? languages[tag] : undefined;
    if (!tag || !load) return;
    void load().then((loaded) => {
      document.documentElement.lang = tag;
      setWords(() => loaded);
    });
  }, []);
  return <WordsContext value={words}>{children}</WordsContext>;
}
