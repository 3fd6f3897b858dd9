import type { NodeTable } from '#src/node-table.ts';
import { PairTable } from '#src/pair-table.ts';

/** Grants: a: node, b: principal, slot: role. Where a node's grants begin is kept in the node's own row as well. */
export class GrantTable extends PairTable {
  private readonly nodes: NodeTable;

  constructor(nodes: NodeTable) {
    super();
    this.nodes = nodes;
  }

  override add(node: number, principal: number, data: number, until: number): number {
    const row = super.add(node, principal, data, until);
    this.nodes.noteGrants(node, row, this.nodes.grants(node) + 1);
    return row;
  }

  override remove(row: number): void {
    const node = this.a(row);
    super.remove(row);
    this.nodes.noteGrants(node, this.firstOfA(node), this.nodes.grants(node) - 1);
  }
}
