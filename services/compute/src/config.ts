import { z } from 'zod';

const number = (least: number, most: number, standard: number) =>
  z.coerce.number().int().min(least).max(most).default(standard);

export const config = {
  STEADING_KEEP_APPS: z
    .enum(['0', '1'])
    .default('0')
    .describe('1: apps go on running when the house is stopped in order, and are taken over at the next start'),
  STEADING_APP_HOST: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, 'must be a name or an IPv4 address of this machine')
    .default('127.0.0.1')
    .describe(
      'where apps listen and gateways reach them; with gateways on other machines or in other containers, this one’s address in a network that only the house is in',
    ),
  STEADING_APP_PORT_FIRST: number(1_024, 65_000, 21_000).describe('the first port for instances of apps'),
  STEADING_APP_PORT_LAST: number(1_024, 65_535, 29_999).describe('the last port for instances of apps'),
  STEADING_APP_UID_FIRST: number(1_000, 2_000_000_000, 60_000).describe(
    'as root: the number above which apps get users of their own',
  ),
  STEADING_BUILD_CPU_MILLIS: number(0, 1_000_000, 0).describe(
    'thousandths of a core that all builds together may use; 0: half the machine',
  ),
  STEADING_BUILD_MEMORY_MB: number(0, 10_000_000, 0).describe(
    'memory that all builds together may use; 0: half the machine',
  ),
  STEADING_BUILD_CA_FILE: z
    .string()
    .startsWith('/')
    .or(z.literal(''))
    .default('')
    .describe(
      'a PEM file of certificate authorities that builds trust besides their own; empty: STEADING_EXTRA_CA_CERTS',
    ),
  STEADING_BUILD_NPM_REGISTRY: z
    .url()
    .or(z.literal(''))
    .default('')
    .describe('the package registry that builds use; empty: the public one'),
};
