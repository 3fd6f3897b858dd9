export type { KindDefinition, PrivilegeDefinition, Role } from '#src/kinds.ts';
export { defineKind, roles } from '#src/kinds.ts';
export type { ForestOp, NodeRecord } from '#src/ops.ts';
