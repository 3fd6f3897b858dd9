import { create } from '@bufbuild/protobuf';
import { type Operation, OperationSchema } from '@steading/contracts/rpc/forest';
import type { ForestOp, Role } from '@steading/forest';

type WireOp = Operation['op'];

const untilOut = (until: number | null | undefined): bigint => BigInt(until ?? 0);
const untilIn = (until: bigint): number | null => (until === 0n ? null : Number(until));
const textIn = (text: string): string | null => (text === '' ? null : text);

/** An operation as it travels and is stored. */
export function toOperation(op: ForestOp): Operation {
  return create(OperationSchema, { op: wire(op) as never });
}

function wire(op: ForestOp): { case: string; value: unknown } {
  switch (op.op) {
    case 'plant': {
      const { parent, owner, inherit, ...rest } = op.node;
      return {
        case: 'plant',
        value: { ...rest, parent: parent ?? '', owner: owner ?? '', sealed: inherit === 'sealed' },
      };
    }
    case 'remove':
      return { case: 'remove', value: op.node };
    case 'move':
      return { case: 'move', value: { node: op.node, parent: op.parent ?? '' } };
    case 'rename':
      return { case: 'rename', value: { node: op.node, name: op.name } };
    case 'inherit':
      return { case: 'inherit', value: { node: op.node, sealed: op.inherit === 'sealed' } };
    case 'own':
      return { case: 'own', value: { node: op.node, owner: op.owner ?? '' } };
    case 'grant':
      return {
        case: 'grant',
        value: {
          node: op.node,
          principal: op.principal,
          role: op.role,
          hereOnly: op.cascade === false,
          untilMs: untilOut(op.until),
        },
      };
    case 'revoke':
      return { case: 'revoke', value: { node: op.node, principal: op.principal, role: op.role } };
    case 'block':
      return {
        case: 'block',
        value: {
          node: op.node,
          principal: op.principal,
          privileges: [...op.privileges],
          untilMs: untilOut(op.until),
          reason: op.reason,
        },
      };
    case 'unblock':
      return { case: 'unblock', value: { node: op.node, principal: op.principal } };
    case 'break-glass':
      return { case: 'breakGlass', value: { node: op.node, principal: op.principal, untilMs: untilOut(op.until) } };
    case 'mend-glass':
      return { case: 'mendGlass', value: { node: op.node, principal: op.principal } };
    case 'group':
      return { case: 'group', value: { group: op.group, name: op.name, node: op.node ?? '' } };
    case 'remove-group':
      return { case: 'removeGroup', value: op.group };
    case 'join':
      return { case: 'join', value: { group: op.group, principal: op.principal, untilMs: untilOut(op.until) } };
    case 'leave':
      return { case: 'leave', value: { group: op.group, principal: op.principal } };
  }
}

/** Back; undefined for an operation that this version does not know. */
export function fromOperation({ op }: { readonly op: WireOp }): ForestOp | undefined {
  switch (op.case) {
    case 'plant': {
      const { id, kind, parent, owner, sealed, name } = op.value;
      return {
        op: 'plant',
        node: { id, kind, name, parent: textIn(parent), owner: textIn(owner), inherit: sealed ? 'sealed' : 'open' },
      };
    }
    case 'remove':
      return { op: 'remove', node: op.value };
    case 'move':
      return { op: 'move', node: op.value.node, parent: textIn(op.value.parent) };
    case 'rename':
      return { op: 'rename', node: op.value.node, name: op.value.name };
    case 'inherit':
      return { op: 'inherit', node: op.value.node, inherit: op.value.sealed ? 'sealed' : 'open' };
    case 'own':
      return { op: 'own', node: op.value.node, owner: textIn(op.value.owner) };
    case 'grant': {
      const { node, principal, role, hereOnly, untilMs } = op.value;
      return { op: 'grant', node, principal, role: role as Role, cascade: !hereOnly, until: untilIn(untilMs) };
    }
    case 'revoke':
      return { op: 'revoke', node: op.value.node, principal: op.value.principal, role: op.value.role as Role };
    case 'block': {
      const { node, principal, privileges, untilMs, reason } = op.value;
      return { op: 'block', node, principal, privileges: [...privileges], until: untilIn(untilMs), reason };
    }
    case 'unblock':
      return { op: 'unblock', node: op.value.node, principal: op.value.principal };
    case 'breakGlass':
      return { op: 'break-glass', node: op.value.node, principal: op.value.principal, until: Number(op.value.untilMs) };
    case 'mendGlass':
      return { op: 'mend-glass', node: op.value.node, principal: op.value.principal };
    case 'group':
      return { op: 'group', group: op.value.group, name: op.value.name, node: textIn(op.value.node) };
    case 'removeGroup':
      return { op: 'remove-group', group: op.value };
    case 'join':
      return { op: 'join', group: op.value.group, principal: op.value.principal, until: untilIn(op.value.untilMs) };
    case 'leave':
      return { op: 'leave', group: op.value.group, principal: op.value.principal };
    default:
      return undefined;
  }
}
