import { type KindDefinition, type Role, roles } from '#src/kinds.ts';

/** The kind of the house's own root node. Its break-glass passes seals and blocks; its blocks pass seals. */
export const platformKind = 'platform';
/** Who holds it may break the glass of a node, for a limited time and in everybody's sight. */
export const breakGlassPrivilege = 'platform.break-glass';

export interface Privilege {
  readonly name: string;
  readonly text: string;
  /** A number of the kind table. */
  readonly kind: number;
  /** One bit for each role that holds it. */
  readonly roles: number;
  /** Whether an author holds it on their own leaf. */
  readonly own: boolean;
}

export interface Kind {
  readonly name: string;
  readonly readAbout: string;
  readonly privileges: readonly Privilege[];
}

/** Every role there is, as a set. */
export const everyRole = (1 << roles.length) - 1;

/** The kinds in numbers, with role maps worked out for every set of roles. */
export class KindTable {
  readonly privileges = new Map<string, Privilege>();
  readonly breakGlassRoles: number;
  readonly platform: number;
  private readonly definitions: KindDefinition[] = [];
  private readonly kinds: Kind[] = [];
  private readonly index = new Map<string, number>();
  /** [kind][parent kind] → for every set of roles the set that it becomes. */
  private readonly maps: (Uint8Array | undefined)[][] = [];
  /** The same backwards. */
  private readonly origins: (Uint8Array | undefined)[][] = [];

  constructor(definitions: readonly KindDefinition[]) {
    for (const definition of definitions) this.register(definition);
    this.platform = this.find(platformKind);
    this.breakGlassRoles = this.privileges.get(breakGlassPrivilege)?.roles ?? 0;
  }

  find(name: string): number {
    return this.index.get(name) ?? -1;
  }

  get(kind: number): Kind {
    return this.kinds[kind]!;
  }

  /** A kind that this process does not know: kept in the tree, and nobody may do anything there or through it. */
  keepUnknown(name: string): number {
    const roleless = Object.fromEntries(roles.map((role) => [role, null]));
    const from = Object.fromEntries(this.definitions.map((known) => [known.kind, roleless]));
    return this.register({ kind: name, service: '', privileges: {}, readAbout: '', from });
  }

  /** What a set of roles held on a parent of one kind becomes on a child of another. */
  descend(parent: number, child: number, held: number): number {
    if (parent === child || held === 0) return held;
    const row = this.maps[child]!;
    return (row[parent] ??= this.mapOf(parent, child))[held]!;
  }

  /** Which roles, held on a parent of one kind, become at least one of a set on a child of another. */
  ascend(parent: number, child: number, needed: number): number {
    if (parent === child) return needed;
    const row = this.origins[child]!;
    return (row[parent] ??= this.originsOf(parent, child))[needed]!;
  }

  private register(definition: KindDefinition): number {
    if (this.index.has(definition.kind)) throw new Error(`bug: the kind ${definition.kind} is registered twice`);
    const number = this.kinds.length;
    const privileges = Object.entries(definition.privileges).map(([name, made]) => {
      if (!name.startsWith(`${definition.kind}.`)) throw new Error(`bug: ${name} is not named after its kind`);
      const own = definition.own?.includes(name) ?? false;
      return { name, text: made.text, kind: number, roles: roleSet(made.roles), own };
    });
    for (const privilege of privileges) this.privileges.set(privilege.name, privilege);
    if (definition.service !== '' && !this.privileges.has(definition.readAbout))
      throw new Error(`bug: ${definition.readAbout} of the kind ${definition.kind} is not among its privileges`);
    this.definitions.push(definition);
    this.kinds.push({ name: definition.kind, readAbout: definition.readAbout, privileges });
    this.index.set(definition.kind, number);
    this.maps.push([]);
    this.origins.push([]);
    return number;
  }

  private mapOf(parent: number, child: number): Uint8Array {
    const map = new Uint8Array(everyRole + 1);
    if (this.definitions[parent]!.service === '') return map;
    const entry = this.definitions[child]!.from?.[this.definitions[parent]!.kind] ?? {};
    for (let held = 0; held <= everyRole; held++)
      roles.forEach((role, bit) => {
        const becomes = role in entry ? entry[role] : role;
        if (held & (1 << bit) && becomes) map[held]! |= 1 << roleNumber(becomes);
      });
    return map;
  }

  private originsOf(parent: number, child: number): Uint8Array {
    const origins = new Uint8Array(everyRole + 1);
    for (let needed = 0; needed <= everyRole; needed++)
      roles.forEach((_, bit) => {
        if (this.descend(parent, child, 1 << bit) & needed) origins[needed]! |= 1 << bit;
      });
    return origins;
  }
}

export function roleNumber(role: string): number {
  return roles.indexOf(role as Role);
}

function roleSet(held: readonly Role[]): number {
  return held.reduce((set, role) => set | (1 << roleNumber(role)), 0);
}

/** The most powerful role of a set, as a number; -1 for none. */
export function strongest(held: number): number {
  return held === 0 ? -1 : 31 - Math.clz32(held & -held);
}
