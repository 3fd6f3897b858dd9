import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findBundle } from '#src/bundle/find-bundle.ts';

/** What was bundled of these very sources, else the sources: the same house, with a second more to start and 60 MB more. */
const bundle = findBundle();
// Held open until the end: what is loaded later, in case it is ever needed, must not be cleared away by then.
if (bundle) openSync(fileURLToPath(bundle), 'r');
await import(bundle ?? './house.ts');
