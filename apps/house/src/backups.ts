import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BackupPlan,
  BackupProblem,
  type Backups,
  type BackupTarget,
  backupConcern,
  connect,
  type HouseKeys,
  hasRuns,
  houseKeys,
  type Identity,
  lastGood,
  listRuns,
  openTarget,
  type Proof,
  proveBackup,
  type Recipient,
  readRecoveryRecipient,
  recorded,
  type TakenBackup,
  takeBackup,
} from '@steading/backup';
import { checkStatementsIn } from '@steading/db';
import type { Log } from '@steading/kit';
import type { BackupSettings } from '#src/settings.ts';

export interface BackupsOptions {
  readonly dataDir: string;
  readonly keyFolder: string;
  /** Of the house, by purpose. */
  readonly key: (purpose: string) => Buffer;
  readonly databaseUrl: () => string;
  readonly version: string;
  readonly settings: BackupSettings;
  readonly log: Log;
}

/** Back-ups as this machine's house and command make them. */
export interface HouseBackups extends Backups {
  readonly keys: HouseKeys;
  target(): BackupTarget;
  /** Any back-up of the target, or the newest; with further keys than the house's own, in a database that is given. */
  proveOne(told: {
    name?: string;
    identities?: readonly Identity[];
    scratchUrl?: string;
    signal: AbortSignal;
  }): Promise<Proof>;
  /** The database alone, into the data folder, before it is changed by a newer version. */
  takeBeforeUpgrade(signal: AbortSignal): Promise<TakenBackup>;
}

const upgradesKept = 5;

export function createBackups(options: BackupsOptions): HouseBackups {
  const { dataDir, keyFolder, databaseUrl, version, settings, log } = options;
  // Loaded when it is needed: every service hangs on it, and a look at the state needs none of them.
  const partsOfHouse = async () => (await import('#src/house-parts.ts')).houseParts(version);
  const keys = houseKeys(options.key('backup'));
  const target = () => {
    if (!settings.to)
      throw new BackupProblem('There is no place for back-ups. Name one with --to, or in STEADING_BACKUP_TO.');
    return openTarget({ to: settings.to, s3: settings.s3 });
  };
  const recovery = () => readRecovery(keyFolder);

  async function take(told: {
    target: BackupTarget;
    recipients: readonly Recipient[];
    signal: AbortSignal;
    upgrade: boolean;
    onBegun?: (() => void) | undefined;
  }) {
    const { upgrade } = told;
    const parts = await partsOfHouse();
    return takeBackup({
      ...{ url: databaseUrl(), dataDir, keyFolder, parts, houseId: keys.houseId, log, upgrade, files: !upgrade },
      keep: upgrade ? upgradesKept : settings.keep,
      ...{ target: told.target, recipients: told.recipients, signal: told.signal, onBegun: told.onBegun },
    });
  }

  const backups: HouseBackups = {
    keys,
    plan: planOf(settings),
    target,
    hasRecoveryKey: async () => (await recovery()) !== undefined,
    async take(signal, onBegun) {
      const recipient = await recovery();
      if (!recipient)
        throw new BackupProblem(
          'There is no recovery key yet, and without one nobody could open a back-up when this machine is gone. Make one: steading backup key',
        );
      const recipients = [recipient, keys.identity.recipient];
      return take({ target: target(), recipients, signal, upgrade: false, onBegun });
    },
    async takeBeforeUpgrade(signal) {
      const recipient = await recovery();
      const recipients = [...(recipient ? [recipient] : []), keys.identity.recipient];
      return take({ target: openTarget({ to: upgradeFolder(dataDir) }), recipients, signal, upgrade: true });
    },
    prove: (signal) => backups.proveOne({ signal }),
    async proveOne({ name, identities = [], scratchUrl, signal }) {
      const from = target();
      const wanted = name ?? (await from.list(signal)).at(-1)?.name;
      if (!wanted) throw new BackupProblem(`There is no back-up in ${from.text} yet. Make one: steading backup`);
      const source = { bytes: () => from.read(wanted, signal), identities: [keys.identity, ...identities] };
      const parts = await partsOfHouse();
      const folder = join(dataDir, 'backup');
      await mkdir(folder, { recursive: true, mode: 0o711 });
      const scratch = scratchUrl ? { url: scratchUrl } : { folder, binariesIn: join(dataDir, 'postgres') };
      return recorded({ url: databaseUrl(), kind: 'proof', name: wanted, place: from.text }, () =>
        proveBackup({ source, parts, scratch, inspect: checkCode, log }),
      );
    },
    runs: (limit) => ask(databaseUrl(), [], (client) => listRuns(client, limit)),
    lastGood: () => ask(databaseUrl(), {}, lastGood),
    async concern() {
      const [good, runs] = await Promise.all([backups.lastGood(), backups.runs(20)]);
      const last = runs.find(({ state }) => state !== 'running');
      const hasRecoveryKey = await backups.hasRecoveryKey();
      return backupConcern({ place: settings.to, hasRecoveryKey, ...good, last, nowMs: Date.now() });
    },
  };
  return backups;
}

/** Where databases are kept as they were before an upgrade. */
export function upgradeFolder(dataDir: string): string {
  return join(dataDir, 'backup', 'upgrades');
}

/** The operator's public half, or undefined before `steading backup key`. */
async function readRecovery(keyFolder: string): Promise<Recipient | undefined> {
  const text = await readFile(join(keyFolder, 'backup-recipient'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readRecoveryRecipient(text);
}

function planOf({ to, cron, proofCron, keep }: BackupSettings): BackupPlan {
  return { place: to, cron, proofCron, keep };
}

/** Whether what this version asks fits the database that was restored and brought forward. */
async function checkCode(client: Parameters<typeof checkStatementsIn>[0]): Promise<void> {
  const { catalogue } = await import('#src/catalogue.ts');
  for (const { name } of catalogue) {
    const [problem] = await checkStatementsIn(client, `${name}.`);
    if (!problem) continue;
    throw new BackupProblem(
      `The proof failed: after the restore "${problem.name}" cannot be asked (${problem.problem}).`,
    );
  }
}

async function ask<T>(
  url: string,
  none: T,
  question: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>,
): Promise<T> {
  const client = await connect(url);
  try {
    return (await hasRuns(client)) ? await question(client) : none;
  } finally {
    await client.end().catch(() => {});
  }
}
