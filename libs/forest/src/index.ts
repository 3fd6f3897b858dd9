export type { Question } from '#src/decide.ts';
export type { Reason, ReasonStep } from '#src/explain.ts';
export { createForest, type Forest } from '#src/forest.ts';
export { defineKind, type KindDefinition, type PrivilegeDefinition, type Role, roles } from '#src/kinds.ts';
export type { Holding } from '#src/lists.ts';
export type { ForestOp, NodeRecord } from '#src/ops.ts';
export { isPrincipal } from '#src/principals.ts';
export { ForestRefusal, type RefusalCode } from '#src/refusal.ts';
export { type ParsedScope, parseScope, type Scope } from '#src/scopes.ts';
