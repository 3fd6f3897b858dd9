export type { Access, Explanation, ExplanationStep, ForestView, Holder, Page } from '#src/access.ts';
export { type AccessOptions, createAccess, type RunningAccess } from '#src/create-access.ts';
export { fromOperation, toOperation } from '#src/operations.ts';
