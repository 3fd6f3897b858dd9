import { sentence } from '#src/ui/sentence.ts';

/** A phrase of the forest as a sentence about somebody; about the reader when no name is given. */
export function spoken(phrase: string, name?: string): string {
  const verbs: Record<string, string> = name
    ? { is: 'is', has: 'has', owns: 'owns', may: 'may', blocked: 'is blocked' }
    : { is: 'are', has: 'have', owns: 'own', may: 'may', blocked: 'are blocked' };
  const [first = '', ...rest] = phrase.split(' ');
  const verb = verbs[first.toLowerCase()];
  if (verb) return [name ?? 'You', verb, ...rest].join(' ');
  const mapped = /^being (\w+) of (.+) makes (\w+) of (.+)$/.exec(phrase);
  if (mapped) return `Being ${mapped[1]} of ${mapped[2]} makes ${name ?? 'you'} ${mapped[3]} of ${mapped[4]}`;
  return sentence(phrase);
}
