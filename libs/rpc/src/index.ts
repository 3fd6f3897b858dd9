export { type AssertionKeys, assertionKeysIn, derivedAssertionKeys } from '#src/assertion-keys.ts';
export { type AppAsker, type Assertion, type AssertionOptions, createAssertions } from '#src/assertions.ts';
export { as, callerKey, callerOf, peerAddressOf } from '#src/caller-context.ts';
export { createRpc, type Rpc, type RpcOptions } from '#src/create-rpc.ts';
export { createInternalDoor, type InternalDoor, type InternalDoorOptions } from '#src/internal-door.ts';
export { implement, type RpcClients, type RpcImplementation } from '#src/rpc.ts';
