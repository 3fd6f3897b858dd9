export { as, callerKey, callerOf } from '#src/caller-context.ts';
export { implement, type RpcClients, type RpcImplementation } from '#src/rpc.ts';
