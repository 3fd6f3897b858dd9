import { z } from 'zod';
import { graphConfig } from '#src/graph/graph-config.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const perMinute = z.coerce.number().int().min(1).max(1_000_000);

const connections = z.coerce.number().int().min(16).max(1_000_000);

export const gatewayConfig = {
  STEADING_HTTP_PORT: port.default(4600).describe('port for people and apps'),
  STEADING_HTTPS_PORT: port.optional().describe('port for TLS; without it there is none'),
  STEADING_BIND: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 for every one'),
  STEADING_TLS_CERTIFICATE: z.string().optional().describe('PEM file of your certificate chain; default: an own CA'),
  STEADING_TLS_KEY: z.string().optional().describe('PEM file of its private key'),
  STEADING_WEB_ROOT: z.string().optional().describe('folder of the built web app; default apps/web/dist'),
  STEADING_METRICS_TOKEN: z.string().min(16).optional().describe('bearer for /metrics from other machines'),
  STEADING_MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(300 * 1024 * 1024)
    .describe('largest body on the house side; a route may ask for less'),
  STEADING_SIGN_IN_PER_MINUTE: perMinute.default(30).describe('attempts to sign in or register from one address'),
  STEADING_REQUESTS_PER_MINUTE: perMinute.default(1_200).describe('requests of one person to the house'),
  STEADING_ADDRESS_PER_MINUTE: perMinute.default(3_000).describe('requests from one address to the house'),
  STEADING_DRAIN_SECONDS: z.coerce
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe('how long /readyz says 503 before the door closes, so that a load balancer goes to other gateways first'),
  STEADING_MAX_CLIENTS: connections
    .default(16_384)
    .describe('open connections in all; idle ones make room for new ones'),
  STEADING_MAX_CLIENTS_PER_ADDRESS: connections
    .default(512)
    .describe('open connections of one address; raise it when a proxy on another machine stands before the house'),
  STEADING_SUBSCRIPTIONS_PER_CALLER: z.coerce
    .number()
    .int()
    .min(1)
    .default(32)
    .describe('GraphQL subscriptions that one person, program or unknown address may have open'),
  STEADING_SUBSCRIPTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .default(4_096)
    .describe('GraphQL subscriptions that may be open in one gateway'),
  ...graphConfig,
} as const;
