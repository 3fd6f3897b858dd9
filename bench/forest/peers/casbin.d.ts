/** The part of casbin that is asked here; the package itself stands outside the workspace. */
export interface Enforcer {
  addPolicies(rules: string[][]): Promise<boolean>;
  addNamedGroupingPolicies(type: string, rules: string[][]): Promise<boolean>;
  enforce(...request: string[]): Promise<boolean>;
}
export declare function newModelFromString(text: string): object;
export declare function newEnforcer(model: object): Promise<Enforcer>;
