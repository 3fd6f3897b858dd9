import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Whether `./steading test --long` runs. */
    longTests: boolean;
  }
}

/** The quick form's value in an ordinary run, the full one under `./steading test --long`: counts, seeds, durations. */
export function byLength<T>({ quick, long }: { readonly quick: T; readonly long: T }): T {
  return inject('longTests') ? long : quick;
}
