export type { Access, Explanation, ExplanationStep, Holder, Page } from '#src/access.ts';
