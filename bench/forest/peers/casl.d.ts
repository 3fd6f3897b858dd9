/** The part of @casl/ability that is asked here; the package itself stands outside the workspace. */
export interface Ability {
  can(action: string, subject: object): boolean;
}
export declare function createMongoAbility(): Ability;
export declare function subject(type: string, value: object): object;
export declare class AbilityBuilder {
  constructor(make: typeof createMongoAbility);
  can: (action: string, subject: string, conditions: Record<string, unknown>) => void;
  build: () => Ability;
}
