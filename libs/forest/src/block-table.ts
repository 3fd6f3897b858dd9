import { PairTable } from '#src/pair-table.ts';

export interface Block {
  /** Names, `app.*`, or `*`. */
  readonly privileges: readonly string[];
  readonly reason: string;
}

/** What is taken away: a: node, b: principal, with the privileges and the reason beside each row. */
export class BlockTable {
  readonly rows = new PairTable();
  private readonly contents: (Block | undefined)[] = [];

  put(node: number, principal: number, block: Block, until: number): void {
    const known = this.rows.find(node, principal, 0);
    if (known === -1) this.contents[this.rows.add(node, principal, 0, until)] = block;
    else {
      this.rows.change(known, 0, until);
      this.contents[known] = block;
    }
  }

  content(row: number): Block {
    return this.contents[row]!;
  }

  remove(row: number): void {
    this.contents[row] = undefined;
    this.rows.remove(row);
  }
}

/** Whether a block covers a privilege. */
export function blockCovers(block: Block, privilege: string): boolean {
  return block.privileges.some(
    (each) => each === '*' || each === privilege || (each.endsWith('.*') && privilege.startsWith(each.slice(0, -1))),
  );
}
