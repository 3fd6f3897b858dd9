import type { Server } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import type { Access, ForestView } from '@steading/access';
import type { BackedFolder, Backups, RestoredHook } from '@steading/backup';
import type { Bus, DeadLetters, EventDefinition, Listener, ListenerLag } from '@steading/bus';
import type { Database } from '@steading/db';
import type { KindDefinition } from '@steading/forest';
import type { GraphContext, Subgraph } from '@steading/graph';
import type { Caller, Clock, ConfigShape, ConfigValues, ErrorCatalogue, Log } from '@steading/kit';
import type { Limits } from '@steading/limits';
import type { Assertion, RpcClients, RpcImplementation } from '@steading/rpc';
import type { DocumentNode, ExecutionResult } from 'graphql';

/**
 * A service is a value that says what it needs and what it offers. The static half is known to every process of the
 * house (so that a gateway can route to a service that runs elsewhere); `create` runs only where the service runs, and
 * what it needs is loaded only there.
 */
export interface ServiceDefinition<Shape extends ConfigShape = ConfigShape> {
  /** Also the name of its PostgreSQL schema. */
  readonly name: string;
  /** One sentence. */
  readonly purpose: string;
  readonly config?: Shape;
  readonly errors?: ErrorCatalogue;
  readonly kinds?: readonly KindDefinition[];
  /** The folder of its `0001-….sql` files. */
  readonly migrations?: URL;
  /** What a back-up takes of `<data>/<name>` (default: all of it), and what a restore must not bring back alive. */
  readonly backup?: Omit<BackedFolder, 'path'> & { readonly restored?: RestoredHook };
  /** The contracts it offers. */
  readonly rpc?: readonly DescService[];
  /** The path prefixes of its HTTP routes on the house's domain: `/auth`, `/hooks/deploy`. */
  readonly http?: readonly string[];
  readonly live?: readonly LiveTopic[];
  /** Whether it contributes a subgraph. */
  readonly graph?: boolean;
  /** Loads what `create` needs, ahead of it, while something else is waited for. */
  load?(): Promise<unknown>;
  create(context: ServiceContext<Shape>): Promise<ServiceParts> | ServiceParts;
}

export interface ServiceContext<Shape extends ConfigShape = ConfigShape> {
  readonly config: ConfigValues<Shape>;
  readonly house: HouseSettings;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the house begins to stop. */
  readonly signal: AbortSignal;
  readonly db: Database;
  readonly bus: Bus;
  readonly rpc: RpcClients;
  readonly access: Access & ForestView;
  /** The static half of every service of the house, whether or not it runs here. */
  readonly catalogue: readonly ServiceDefinition[];
  /** The ways into other services that only the gateway uses. */
  readonly doors: Doors;
  /** How often somebody may do something, counted together by the processes of the house. */
  readonly limits: Limits;
  /** Events that no listener could take in; for the operator's page. */
  readonly deadLetters: DeadLetters;
  /** Back-ups of the whole house; absent where the starter knows of none (as in tests of one service). */
  readonly backups?: Backups | undefined;
  /** Tells apps who asks, and others how to check it; for the gateway. */
  readonly appAssertion: Pick<Assertion, 'signForApp' | 'publicKeys'>;
  /** How far each listener of the house has come, in whichever process it is. */
  lag(): Promise<readonly ListenerLag[]>;
  /** Removes events that every listener has heard and that are older than this; resolves with how many. */
  pruneEvents(olderThanDays: number): Promise<number>;
}

/** Hands requests from outside to the service they are for: a function call in this process, HTTP/2 to another one. */
export interface Doors {
  /** Runs the service's route that matches the request; 404 where none does. */
  http(service: string, request: Request, caller: Caller): Promise<Response>;
  /** The SDL of a service's subgraph, with federation directives. Rejects while the service is not up. */
  sdl(service: string): Promise<string>;
  /** Runs one operation on a service's subgraph; answers at once where that runs here and waits for nothing. */
  graph(service: string, operation: GraphOperation, context: GraphContext): Promise<ExecutionResult> | ExecutionResult;
  /**
   * Opens a subscription on a service's subgraph: an answer for each event, until it ends or the context's signal
   * aborts. Rejects where it is refused, throws where it breaks off.
   */
  subscribe(service: string, operation: GraphOperation, context: GraphContext): Promise<AsyncIterable<ExecutionResult>>;
  /**
   * The health of every service of the house, for `/readyz` and the operator's page.
   * @param options.timeoutMs after which one of another process counts as not ready; default 5 s.
   */
  health(options?: { readonly timeoutMs?: number }): Promise<readonly ServiceHealth[]>;
}

export interface GraphOperation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** What is true of the whole house; decided by the starter. */
export interface HouseSettings {
  readonly version: string;
  /** Where people reach it: `http://localhost:4600`. */
  readonly publicUrl: string;
  /** Deployed apps get `<service>-<project>.<appsDomain>`; default `localhost` with publicUrl's port. */
  readonly appsDomain: string;
  /** Its folder; each service may use `<dataDir>/<service>`. */
  readonly dataDir: string;
  /** Random 32 bytes from a key file outside the database, for this purpose alone (HKDF by name). */
  key(purpose: string): Buffer;
  /** Absent: no process follows this one over the same data while people are waiting. */
  readonly succession?: Succession;
}

/** A restart at which nobody is refused: what can outlive this process is left to the one that follows it. */
export interface Succession {
  /** A successor waits for this process to end: apps stay up, and what is long-lived is asked to come again. */
  readonly isUnderWay: boolean;
  /** The file descriptor of a listening socket that the process before this one left. */
  inherited(name: string): number | undefined;
  /** Remembers a listening socket for the successor. */
  opened(name: string, server: Server): void;
}

/** What a running service puts at the house's disposal. */
export interface ServiceParts {
  readonly rpc?: readonly RpcImplementation[];
  readonly graph?: Subgraph;
  readonly http?: readonly HttpRoute[];
  readonly listeners?: readonly Listener[];
  readonly jobs?: readonly Job[];
  /** Called when everything that this service may ask is up in this process. */
  start?(): Promise<void>;
  /** Finishes or hands over what it does. */
  stop?(signal: AbortSignal): Promise<void>;
  /** Asked by `/readyz`. Absent: always ready once started. */
  health?(): Promise<Health> | Health;
}

export interface ServiceHealth extends Health {
  readonly service: string;
  /** Whether it runs in this process. */
  readonly here: boolean;
}

export interface Health {
  readonly ready: boolean;
  /** Why not; or what an operator should know although it is ready. */
  readonly reason?: string;
}

/** A route in web-standard terms, so that it works the same in this process and behind another. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/hooks/deploy/:app`; a last segment `*` takes the rest. */
  readonly path: string;
  readonly access: RouteAccess;
  /** Largest body; default 65 536. */
  readonly maxBytes?: number;
  /** Default 30 000; 0 for streams. */
  readonly timeoutMs?: number;
  handle(context: HttpContext): Promise<Response>;
}

/** Who may come in: signed-in callers (the handler checks the forest), or anybody, with the reason why that is right. */
export type RouteAccess = { readonly signedIn: true } | { readonly public: string };

export interface HttpContext {
  readonly request: Request;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** Something done on a schedule, by one process of the house at a time. */
export interface Job {
  /** `identity.remove-expired-sessions`. */
  readonly name: string;
  /** Five-field cron, UTC. */
  readonly cron: string;
  /** How long it may take; default 3600, at most a day. */
  readonly maxSeconds?: number;
  run(signal: AbortSignal): Promise<void>;
}

/** Something a browser may follow on a Socket.IO namespace, by `join { topic, id, after? }`. */
export interface LiveTopic {
  /** `/deployments`. */
  readonly namespace: string;
  /** Unique in the namespace. */
  readonly topic: string;
  /** The service that answers LiveService for it: which forest node an id hangs under, and streams. */
  readonly service: string;
  /** Needed on that node to join, and re-checked on every change of the forest. */
  readonly privilege: string;
  /** `events`: those events whose key is the id. `stream`: what LiveService.Follow sends. */
  readonly source: { readonly events: readonly EventDefinition[] } | 'stream';
}

/** Declares a service. The only thing that a service's package exports. */
export function defineService<const Shape extends ConfigShape>(
  definition: ServiceDefinition<Shape>,
): ServiceDefinition<Shape> {
  return definition;
}
