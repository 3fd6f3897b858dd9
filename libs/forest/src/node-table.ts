/**
 * The tree: one number for each node, eight integers a node (half a cache line), ids and names beside them. A check
 * reads no more of a node than these eight: kind, seal and height share one of them, so that the list of its grants
 * begins here too.
 * `height` is an upper bound of the levels below a node, so that a move need not look at what it moves; it is made
 * exact only when it would refuse one.
 */
const stride = 8;
const parentAt = 0;
/** The kind above 8 bits, the seal, the height. */
const kindAt = 1;
const ownerAt = 2;
const firstChildAt = 3;
const nextAt = 4;
const previousAt = 5;
const firstGrantAt = 6;
const grantsAt = 7;
const kindShift = 8;
const sealBit = 128;
const heightMask = 127;

/** A path from a root to a node has at most this many nodes. */
export const maxDepth = 16;

export class NodeTable {
  /** Changes whenever a node comes or goes; for caches of lists. */
  version = 0;
  private readonly index = new Map<string, number>();
  private ids: string[] = [];
  private names: string[] = [];
  private cells = new Int32Array(64 * stride);
  private free: number[] = [];

  get size(): number {
    return this.index.size;
  }

  /** One more than the highest number in use. */
  get end(): number {
    return this.ids.length;
  }

  find(id: string): number {
    return this.index.get(id) ?? -1;
  }

  id(node: number): string {
    return this.ids[node]!;
  }

  name(node: number): string {
    return this.names[node]!;
  }

  /** Of a number that is free: -1. */
  kind(node: number): number {
    return this.cells[node * stride + kindAt]! >> kindShift;
  }

  parent(node: number): number {
    return this.cells[node * stride + parentAt]!;
  }

  sealed(node: number): boolean {
    return (this.cells[node * stride + kindAt]! & sealBit) !== 0;
  }

  owner(node: number): number {
    return this.cells[node * stride + ownerAt]!;
  }

  firstChild(node: number): number {
    return this.cells[node * stride + firstChildAt]!;
  }

  nextSibling(node: number): number {
    return this.cells[node * stride + nextAt]!;
  }

  rename(node: number, name: string): void {
    this.names[node] = name;
  }

  seal(node: number, sealed: boolean): void {
    const at = node * stride + kindAt;
    this.cells[at] = sealed ? this.cells[at]! | sealBit : this.cells[at]! & ~sealBit;
  }

  own(node: number, owner: number): void {
    this.cells[node * stride + ownerAt] = owner;
  }

  /** The first row of the node's grants, or -1. */
  firstGrant(node: number): number {
    return this.cells[node * stride + firstGrantAt]!;
  }

  grants(node: number): number {
    return this.cells[node * stride + grantsAt]!;
  }

  /** Only for the table of grants, which knows both. */
  noteGrants(node: number, first: number, count: number): void {
    this.cells[node * stride + firstGrantAt] = first;
    this.cells[node * stride + grantsAt] = count;
  }

  /** How many nodes the path from the root to this one has; 0 for -1. */
  depth(node: number): number {
    let depth = 0;
    for (let at = node; at !== -1; at = this.parent(at)) depth++;
    return depth;
  }

  isWithin(node: number, top: number): boolean {
    for (let at = node; at !== -1; at = this.parent(at)) if (at === top) return true;
    return false;
  }

  add(id: string, name: string, kind: number, parent: number): number {
    const node = this.free.pop() ?? this.ids.length;
    if ((node + 1) * stride > this.cells.length) {
      const cells = new Int32Array(this.cells.length * 2);
      cells.set(this.cells);
      this.cells = cells;
    }
    this.index.set(id, node);
    this.ids[node] = id;
    this.names[node] = name === id ? id : name;
    const at = node * stride;
    this.cells[at + kindAt] = kind << kindShift;
    this.cells[at + ownerAt] = -1;
    this.cells[at + firstChildAt] = -1;
    this.cells[at + firstGrantAt] = -1;
    this.cells[at + grantsAt] = 0;
    this.attach(node, parent);
    this.version++;
    return node;
  }

  /** Forgets one node without children. */
  remove(node: number): void {
    this.detach(node);
    this.index.delete(this.ids[node]!);
    this.ids[node] = '';
    this.names[node] = '';
    this.cells[node * stride + kindAt] = -1;
    this.free.push(node);
    this.version++;
  }

  move(node: number, parent: number): void {
    this.detach(node);
    this.attach(node, parent);
  }

  /** Whether the subtree of `node` fits under `parent` within `maxDepth`. */
  fits(node: number, parent: number): boolean {
    const above = this.depth(parent) + 1;
    if (above + this.height(node) <= maxDepth) return true;
    this.measure(node);
    return above + this.height(node) <= maxDepth;
  }

  /** The subtree, parents before children. */
  subtree(top: number): number[] {
    const found = [top];
    for (let at = 0; at < found.length; at++)
      for (let child = this.firstChild(found[at]!); child !== -1; child = this.nextSibling(child)) found.push(child);
    return found;
  }

  private height(node: number): number {
    return this.cells[node * stride + kindAt]! & heightMask;
  }

  private setHeight(node: number, height: number): void {
    const at = node * stride + kindAt;
    this.cells[at] = (this.cells[at]! & ~heightMask) | height;
  }

  /** Makes the heights of a subtree exact. */
  private measure(top: number): void {
    const nodes = this.subtree(top);
    for (const node of nodes) this.setHeight(node, 0);
    for (let at = nodes.length - 1; at > 0; at--) {
      const parent = this.parent(nodes[at]!);
      this.setHeight(parent, Math.max(this.height(parent), this.height(nodes[at]!) + 1));
    }
  }

  private attach(node: number, parent: number): void {
    const at = node * stride;
    this.cells[at + parentAt] = parent;
    this.cells[at + previousAt] = -1;
    this.cells[at + nextAt] = parent === -1 ? -1 : this.firstChild(parent);
    if (parent === -1) return;
    const next = this.cells[at + nextAt]!;
    if (next !== -1) this.cells[next * stride + previousAt] = node;
    this.cells[parent * stride + firstChildAt] = node;
    let height = this.height(node) + 1;
    for (let above = parent; above !== -1 && this.height(above) < height; above = this.parent(above), height++)
      this.setHeight(above, height);
  }

  private detach(node: number): void {
    const at = node * stride;
    const [previous, next, parent] = [this.cells[at + previousAt]!, this.cells[at + nextAt]!, this.parent(node)];
    if (previous !== -1) this.cells[previous * stride + nextAt] = next;
    else if (parent !== -1) this.cells[parent * stride + firstChildAt] = next;
    if (next !== -1) this.cells[next * stride + previousAt] = previous;
  }
}
