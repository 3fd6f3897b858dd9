/** The part of @cedar-policy/cedar-wasm that is asked here; the package itself stands outside the workspace. */
export interface Uid {
  readonly type: string;
  readonly id: string;
}
export declare function preparsePolicySet(id: string, policies: { staticPolicies: string }): { type: string };
export declare function statefulIsAuthorized(call: {
  principal: Uid;
  action: Uid;
  resource: Uid;
  context: object;
  preparsedPolicySetId: string;
  entities: readonly { uid: Uid; attrs: object; parents: readonly Uid[] }[];
}): { type: 'success'; response: { decision: string } } | { type: 'failure' };
