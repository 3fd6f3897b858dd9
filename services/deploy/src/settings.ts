/** What a person may set for an app, checked at the way in and stored as JSON. */
import { z } from 'zod';

const line = (max: number) =>
  z
    .string()
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must be one line without control characters');

const folder = line(200).refine(
  (text) => !text.startsWith('/') && !text.includes('\\') && !text.split('/').includes('..'),
  'must be a folder inside the repository, such as web or apps/site',
);

export const buildSettings = z.object({
  builder: z.enum(['automatic', 'node', 'static']).default('automatic'),
  installCommand: line(1000).default(''),
  buildCommand: line(1000).default(''),
  startCommand: line(1000).default(''),
  outputFolder: folder.default(''),
  rootFolder: folder.default(''),
  /** True: always; false: where the tool that built the site is known to need it. */
  singlePage: z.boolean().default(false),
});
export type BuildSettings = z.output<typeof buildSettings>;

export const runtimeSettings = z.object({
  replicas: z.number().int().min(1).max(20).default(1),
  healthPath: line(300)
    .refine((text) => text === '' || text.startsWith('/'), 'must begin with /')
    .default(''),
  drainSeconds: z.number().int().min(0).max(600).default(30),
  /** 0: the runtime's default. */
  memoryMb: z.number().int().min(0).max(262_144).default(0),
  cpuMillis: z.number().int().min(0).max(256_000).default(0),
  /** How many earlier deployments can be rolled back to. */
  keep: z.number().int().min(1).max(50).default(10),
});
export type RuntimeSettings = z.output<typeof runtimeSettings>;

export const sourceSettings = z.object({
  kind: z.enum(['git', 'archive']),
  url: z.string().max(2000).default(''),
  branch: z.string().max(250).default(''),
  commit: z.string().max(64).default(''),
  submodules: z.boolean().default(false),
});
export type SourceSettings = z.output<typeof sourceSettings>;

/** Everything of an app at the time of a deployment, sealed with it: what a rollback brings back. */
export const snapshotShape = z.object({
  runtime: runtimeSettings,
  environment: z.record(z.string(), z.string()),
  masked: z.array(z.string()),
  /** Empty for a folder of static files. */
  command: z.array(z.string()).default([]),
  singlePage: z.boolean().default(false),
});
export type Snapshot = z.output<typeof snapshotShape>;
