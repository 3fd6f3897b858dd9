import { createHash } from 'node:crypto';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of this checkout. Loaded before everything else, so these files import nothing but Node's own modules. */
export const root = join(import.meta.dirname, '../../../..');
export const bundles = join(root, 'apps/house/dist');
export const inputsFile = join(bundles, 'inputs.json');

/**
 * The module that starts the house, bundled from exactly these sources, or undefined where there is none. Says nothing
 * about packages changed by hand: of those the lockfile is asked.
 */
export function findBundle(): string | undefined {
  const inputs = readInputs();
  const hash = inputs && hashOf(inputs);
  const main = hash && join(bundles, hash, 'main.js');
  return main && existsSync(main) ? main : undefined;
}

/** The URL of what `findBundle` finds. This process holds it open to its end: what is in use is not cleared away. */
export function takeBundle(): string | undefined {
  const main = findBundle();
  try {
    if (main) openSync(main, 'r');
    return main && pathToFileURL(main).href;
  } catch {
    return undefined;
  }
}

/** Of what a bundle was made, by paths below the checkout. */
function readInputs(): string[] | undefined {
  try {
    return JSON.parse(readFileSync(inputsFile, 'utf8')) as string[];
  } catch {
    return undefined;
  }
}

/** A name for what is made of these files; undefined when one is gone. */
export function hashOf(inputs: readonly string[]): string | undefined {
  const hash = createHash('sha256');
  try {
    for (const path of inputs) {
      const content = readFileSync(join(root, path));
      hash.update(`${path}\0${content.length}\0`).update(content);
    }
  } catch {
    return undefined;
  }
  return hash.digest('hex').slice(0, 32);
}
