import { z } from 'zod';

const address = z.string().regex(/^[^:\s]+:\d{1,5}$/, 'must look like 127.0.0.1:4700');

/** What the starter itself reads; every service adds its own. */
export const houseConfig = {
  STEADING_DATA: z.string().min(1).describe('the folder that holds everything'),
  STEADING_HTTP_PORT: z.coerce.number().int().min(1).max(65_535).default(4600).describe('port for people and apps'),
  STEADING_PUBLIC_URL: z.url().optional().describe('where people reach the house; default http://localhost:<port>'),
  STEADING_APPS_DOMAIN: z.string().optional().describe('apps get <app>-<project>.<this>; default localhost'),
  DATABASE_URL: z.string().startsWith('postgres').optional().describe('your own PostgreSQL; default: an embedded one'),
  STEADING_NATS_URL: z
    .string()
    .startsWith('nats')
    .optional()
    .describe('NATS JetStream for events between processes; default: PostgreSQL'),
  STEADING_SERVICES: z.string().optional().describe('services of this process, by comma; default: all'),
  STEADING_PEERS: z.string().optional().describe('other processes: identity=http://10.0.0.2:4700,forest=…'),
  STEADING_DOOR: address.optional().describe('address on which other processes of the house reach this one'),
  STEADING_KEYS: z.string().optional().describe('folder of the key files; default <data>/keys'),
  STEADING_MAX_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(4)
    .max(200)
    .default(12)
    .describe('database connections of this process'),
  STEADING_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('how much is logged'),
} as const;

/** `a=http://x,b=http://y` as a record. */
export function parsePeers(text: string | undefined): Record<string, string> {
  const peers: Record<string, string> = {};
  for (const pair of (text ?? '').split(',').filter(Boolean)) {
    const at = pair.indexOf('=');
    const url = pair.slice(at + 1);
    if (at < 1 || !URL.canParse(url))
      throw new Error(`Wrong settings:\n  STEADING_PEERS: ${pair} must look like identity=http://10.0.0.2:4700`);
    peers[pair.slice(0, at).trim()] = url;
  }
  return peers;
}
