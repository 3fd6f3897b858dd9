import { takeBundle } from '#src/bundle/find-bundle.ts';

/** What was bundled of these very sources, else the sources: the same house, with a second more to start and 60 MB more. */
await import(takeBundle() ?? './house.ts');
