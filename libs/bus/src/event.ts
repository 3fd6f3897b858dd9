import type { z } from 'zod';

/**
 * A kind of event: its type (`deploy.app.live`), version, and the schema of its data. Declared in `contracts/src`,
 * imported by who emits it and by who listens.
 */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
}

/** What travels: CloudEvents 1.0's attributes under short names. */
export interface HouseEvent<Data = unknown> {
  /** `evt_…`, unique. */
  readonly id: string;
  /** The service that tells. */
  readonly source: string;
  readonly type: string;
  readonly version: number;
  /** Events of one key are handled in the order they were told; usually the id of the thing. */
  readonly key: string;
  /** ISO time of the commit's transaction. */
  readonly time: string;
  /** Of the request that led to it. */
  readonly requestId: string;
  /** The principal who led to it. */
  readonly actor: string;
  readonly data: Data;
}

export function defineEvent<const Type extends string, Data>(
  type: Type,
  version: number,
  schema: z.ZodType<Data>,
): EventDefinition<Type, Data> {
  return { type, version, schema };
}
