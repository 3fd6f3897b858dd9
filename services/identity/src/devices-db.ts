import { type Reader, statement, type Writer } from '@steading/db';

export type DeviceRow = {
  readonly name: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly next_poll_at: Date;
  readonly approved_by: string | null;
};

const columns = 'name, created_at, expires_at, next_poll_at, approved_by';

const insert = statement<
  [hash: Buffer, userCode: string, name: string, address: string | null, now: Date, expires: Date, nextPoll: Date]
>(
  'identity.devices.insert',
  `insert into identity.device_logins (device_hash, user_code, name, address, created_at, expires_at, next_poll_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const byUserCode = statement<[userCode: string, now: Date], DeviceRow>(
  'identity.devices.byUserCode',
  `select ${columns} from identity.device_logins where user_code = $1 and expires_at > $2 and approved_by is null`,
);
const approve = statement<[userCode: string, now: Date, personId: string], { name: string }>(
  'identity.devices.approve',
  `update identity.device_logins set approved_by = $3
    where user_code = $1 and expires_at > $2 and approved_by is null returning name`,
);
const lockByHash = statement<[hash: Buffer], DeviceRow>(
  'identity.devices.lockByHash',
  `select ${columns} from identity.device_logins where device_hash = $1 for update`,
);
const polled = statement<[hash: Buffer, nextPoll: Date]>(
  'identity.devices.polled',
  'update identity.device_logins set next_poll_at = $2 where device_hash = $1',
);
const remove = statement<[hash: Buffer]>(
  'identity.devices.remove',
  'delete from identity.device_logins where device_hash = $1',
);
const removeOld = statement<[now: Date]>(
  'identity.devices.removeOld',
  'delete from identity.device_logins where expires_at <= $1',
);

export function deviceByUserCode(reader: Reader, userCode: string, now: Date) {
  return reader.first(byUserCode, userCode, now);
}

export interface NewDevice {
  readonly hash: Buffer;
  readonly userCode: string;
  readonly name: string;
  readonly address: string | null;
  readonly now: Date;
  readonly expires: Date;
  readonly nextPoll: Date;
}

export function devicesWriter(tx: Writer) {
  return {
    insert: (one: NewDevice) =>
      tx.run(insert, one.hash, one.userCode, one.name, one.address, one.now, one.expires, one.nextPoll),
    approve: (userCode: string, now: Date, personId: string) => tx.first(approve, userCode, now, personId),
    /** Two polls at once wait for each other: the token is made once. */
    lock: (hash: Buffer) => tx.first(lockByHash, hash),
    polled: (hash: Buffer, nextPoll: Date) => tx.run(polled, hash, nextPoll),
    remove: (hash: Buffer) => tx.run(remove, hash),
    removeOld: (now: Date) => tx.run(removeOld, now),
  };
}
