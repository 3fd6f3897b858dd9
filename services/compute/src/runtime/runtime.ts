/**
 * What runs apps. One seam for every engine: the process runtime here, containers elsewhere. All of them pass
 * `tests/runtime-behaviour.ts`. The service above owns what is *desired* and says it again after every start; an engine
 * owns what *is*, finds what it made earlier, and never touches what it did not make.
 */
export interface Runtime {
  readonly description: RuntimeDescription;
  /** Finds what this engine made before; nothing is stopped yet. Half-made builds and releases are removed. */
  start(): Promise<void>;
  /** Says after a start what was live before: it is adopted where it still runs, started where it does not. */
  restore(desired: Desired): Promise<void>;
  /** After every `restore`: removes what this engine made and nobody wants any more. */
  sweep(): Promise<void>;
  /** With `keepApps` they go on running and are adopted at the next start. */
  stop(options: { keepApps: boolean }): Promise<void>;

  /** Begins to replace what runs of an app; returns at once. Idempotent by generation; the newest wins. */
  apply(desired: Desired): Promise<void>;
  /** Takes a generation back that is not healthy yet. Nothing happens to one that is. */
  abort(appId: string, generation: string, reason: string): Promise<void>;
  /** How a generation's rollout goes on; ends after `healthy` or `failed`; undefined where nothing is known of it. */
  watch(appId: string, generation: string, signal: AbortSignal): AsyncIterable<RolloutView> | undefined;
  instances(appId?: string): readonly InstanceView[];
  /** Memory and CPU of each instance, measured now. CPU is the mean since the last call, or since its start. */
  sample(appId?: string): Promise<ReadonlyMap<string, Usage>>;

  build(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildEvent>;
  logs(appId: string, options: LogOptions, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** Stops everything of an app and removes its releases, data and logs. */
  removeApp(appId: string): Promise<void>;
  removeRelease(appId: string, releaseId: string): Promise<void>;
  releaseExists(appId: string, releaseId: string): boolean;
}

/** What an engine tells the service. Called in order; must not throw. */
export interface RuntimeEvents {
  /** Something about the instances of an app is different now. */
  changed(appId: string): void;
  settled(appId: string, generation: string, outcome: 'healthy' | 'failed', reason: string): void;
}

export type Isolation = 'none' | 'user' | 'bubblewrap' | 'container';

export interface RuntimeDescription {
  readonly name: 'process' | 'docker' | 'kubernetes';
  readonly isolation: Isolation;
  readonly isolationText: string;
  readonly builders: readonly ('static' | 'node' | 'dockerfile')[];
}

/** What should run for an app. */
export interface Desired {
  readonly appId: string;
  /** Sorts by time. */
  readonly generation: string;
  readonly releaseId: string;
  /** Empty: the release is a folder of static files. */
  readonly command: readonly string[];
  readonly singlePage: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly masked: readonly string[];
  readonly replicas: number;
  readonly health: HealthCheck;
  readonly limits: Limits;
  readonly drainMs: number;
  readonly stopGraceMs: number;
}

export interface HealthCheck {
  readonly httpPath: string;
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
}

export interface Limits {
  /** Thousandths of a core. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly diskBytes: number;
}

export type InstanceState = 'starting' | 'healthy' | 'unhealthy' | 'draining' | 'stopped' | 'failed';

export interface InstanceView {
  readonly id: string;
  readonly appId: string;
  readonly generation: string;
  readonly state: InstanceState;
  readonly address: string;
  readonly startedMs: number;
  readonly restarts: number;
  readonly stopsMs: number;
  readonly reason: string;
}

export interface Usage {
  readonly memoryBytes: number;
  readonly cpuMillis: number;
}

export interface RolloutView {
  readonly state: 'starting' | 'checking' | 'healthy' | 'failed';
  readonly reason: string;
  readonly lastLines: readonly LogLine[];
}

export interface LogLine {
  readonly position: number;
  readonly timeMs: number;
  readonly stream: 'stdout' | 'stderr' | 'steading';
  readonly text: string;
  readonly instanceId: string;
}

export interface LogOptions {
  readonly after: number;
  readonly follow: boolean;
  /** Only the last so many; 0: all after the position. */
  readonly tail: number;
  readonly masked: readonly string[];
}

export interface LogBatch {
  readonly lines: readonly LogLine[];
  readonly missed: number;
}

export interface BuildOrder {
  readonly buildId: string;
  readonly appId: string;
  readonly sourcePath: string;
  readonly steps: readonly { readonly name: string; readonly argv: readonly string[] }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly masked: readonly string[];
  readonly limits: Limits;
  readonly timeoutMs: number;
  readonly outputPath: string;
  /** A release of this name that the app has already is replaced: nobody heard of the end of the build that made it. */
  readonly releaseId: string;
}

export type BuildFailure =
  | 'step-failed'
  | 'timeout'
  | 'out-of-memory'
  | 'too-many-processes'
  | 'too-large'
  | 'disk-full'
  | 'cancelled';

export type BuildEvent =
  | { readonly kind: 'output'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'done'; readonly releaseId: string; readonly bytes: number }
  | { readonly kind: 'failed'; readonly code: BuildFailure; readonly reason: string };
