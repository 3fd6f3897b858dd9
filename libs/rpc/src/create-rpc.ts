import type { DescService } from '@bufbuild/protobuf';
import { type CallOptions, type Client, makeAnyClient } from '@connectrpc/connect';
import { bug, type Caller, type Clock, kitErrors, type Log } from '@steading/kit';
import type { Assertion } from '#src/assertions.ts';
import { fetchFrom } from '#src/internal-fetch.ts';
import { callStream, callUnary, type MemoryTarget } from '#src/memory-client.ts';
import { createPeer, createPeerClient, type Peer } from '#src/peer.ts';
import type { RpcClients, RpcImplementation } from '#src/rpc.ts';

export interface RpcOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Where services run that are not in this process: `forest` → `http://forest:4610`. */
  readonly peers?: ReadonlyMap<string, string>;
  /** Which services offer a contract, by its type name; the first is asked where the asker names none. */
  readonly offers: ReadonlyMap<string, readonly string[]>;
  /** Signs callers for other processes. May be left out where there is no peer. */
  readonly assertion?: Assertion;
}

/** The calls of one process: what runs here, and the ways to what runs elsewhere. */
export interface Rpc {
  readonly clients: RpcClients;
  /** Puts a service's methods at the disposal of this process (and, by the internal door, of others). */
  register(service: string, implementations: readonly RpcImplementation[]): void;
  /** What is registered here, by service. */
  readonly registered: ReadonlyMap<string, readonly RpcImplementation[]>;
  /** Hands a request to the internal door of the process at this address. */
  fetch(url: string, request: Request, caller: Caller): Promise<Response>;
  /** Ends the sessions to other processes. */
  stop(): Promise<void>;
}

export function createRpc(options: RpcOptions): Rpc {
  const { log, offers, peers: addresses = new Map<string, string>() } = options;
  const registered = new Map<string, readonly RpcImplementation[]>();
  const targets = new Map<string, MemoryTarget>();
  const peers = new Map<string, Peer>();
  const remote = new Map<string, ReturnType<typeof createPeerClient>>();
  const sign = (caller: Caller) => options.assertion?.sign(caller) ?? bug('there are peers, but nothing signs callers');

  function peerAt(url: string): Peer {
    const known = peers.get(url) ?? createPeer(url, sign);
    peers.set(url, known);
    return known;
  }

  function remoteClient(contract: DescService, service: string) {
    const name = `${service} ${contract.typeName}`;
    const url = addresses.get(service);
    if (!url) throw kitErrors('unavailable', { what: `The ${service} service` });
    const known = remote.get(name) ?? createPeerClient(peerAt(url), contract, service);
    remote.set(name, known);
    return known;
  }

  function offering(contract: DescService): string {
    return offers.get(contract.typeName)?.[0] ?? bug(`no service offers ${contract.typeName}`);
  }

  function client<S extends DescService>(contract: S, asked?: string): Client<S> {
    const service = asked ?? offering(contract);
    const name = `${service} ${contract.typeName}`;
    // Where the service runs is looked up per call: it may be registered after its askers are made.
    const made = makeAnyClient(contract, (method) => {
      if (method.methodKind === 'unary')
        return async (request: Record<string, unknown>, given?: CallOptions) => {
          const here = targets.get(name);
          if (here) return callUnary(here, method, request, given);
          return remoteClient(contract, service)[method.localName]!(request, given);
        };
      if (method.methodKind === 'server_streaming')
        return async function* (request: Record<string, unknown>, given?: CallOptions) {
          const here = targets.get(name);
          if (here) yield* callStream(here, method, request, given);
          else yield* remoteClient(contract, service)[method.localName]!(request, given);
        };
      return null;
    });
    return made as Client<S>;
  }

  return {
    clients: { client },
    registered,
    register(service, implementations) {
      for (const implementation of implementations) {
        const { contract } = implementation;
        checkMethods(contract);
        targets.set(`${service} ${contract.typeName}`, { service, implementation, log });
      }
      registered.set(service, [...(registered.get(service) ?? []), ...implementations]);
    },
    async fetch(url, request, caller) {
      return fetchFrom(peerAt(url), request, await sign(caller));
    },
    async stop() {
      for (const peer of peers.values()) peer.session.abort();
      peers.clear();
      remote.clear();
    },
  };
}

function checkMethods(contract: DescService): void {
  for (const method of contract.methods)
    if (method.methodKind !== 'unary' && method.methodKind !== 'server_streaming')
      bug(`${contract.typeName}.${method.name} streams from the client, which calls in memory do not do`);
}
