import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimHouse, type Person, type RunningShape, registerPerson, startShape } from '@steading/acceptance';
import { newSecretKey, readRecoveryKey } from '@steading/backup';
import { waitFor } from '@steading/testkit';
import pg from 'pg';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shoot } from '#src/shoot.ts';
import { openVisitor, startBrowser, type Visitor } from '#src/visitor.ts';

describe('back-ups on the operator’s page', () => {
  let house: RunningShape;
  let browser: Browser;
  let operator: Person;
  let olive: Visitor;
  const kept = mkdtempSync(join(tmpdir(), 'steading-kept-by-hand-'));
  const files = () => readdirSync(kept).filter((name) => name.endsWith('.age'));

  beforeAll(async () => {
    [house, browser] = await Promise.all([startShape('one process', { STEADING_BACKUP_TO: kept }), startBrowser()]);
    operator = await claimHouse(house.url, house.setupToken);
    olive = await openVisitor(browser, house.url, { cookie: operator.cookie() });
    await olive.page.goto('/operator/backups');
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    rmSync(kept, { recursive: true, force: true });
  });

  const now = () => olive.page.getByRole('button', { name: 'Back up now' });

  test('without a recovery key none is made, and the page says what to do', async () => {
    await now().click();
    await olive.page
      .getByRole('alert')
      .getByText(/no recovery key yet.*steading backup key/)
      .waitFor();
    expect(files()).toEqual([]);
  });

  test('one is made now, and the page shows how it comes to its end', async () => {
    const { page } = olive;
    const { recipient } = readRecoveryKey(newSecretKey());
    writeFileSync(join(house.dataDir, 'keys/backup-recipient'), recipient.text);
    await now().click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    const runs = page.getByRole('list', { name: 'What was done' });
    await runs.getByText('Done').waitFor({ timeout: 30_000 });
    await runs.getByText(/^steading-.*\.age$/).waitFor();
    expect(files()).toEqual([await runs.locator('code').textContent()]);
    await page.getByText('No restore was proven yet.').waitFor();
    await shoot(page, 'backup-made-now');
  });

  test('a second one at the same time is refused in a sentence, and the first goes on', async () => {
    const { page } = olive;
    const other = new pg.Client({ connectionString: house.databaseUrl });
    await other.connect();
    // What whoever makes a back-up holds while it is under way.
    await other.query('select pg_advisory_lock(7283465121)');
    await now().click();
    await page
      .getByRole('alert')
      .getByText(/Another back-up or proof of this house is under way/)
      .waitFor();
    await shoot(page, 'backup-refused');
    expect(await operator.refusal('mutation { backUpNow { id } }')).toBe('observe.backup-refused');
    await other.end();
    const both = await Promise.all([1, 2].map(() => operator.refusal('mutation { backUpNow { id } }')));
    expect(both.sort()).toEqual(['observe.backup-refused', undefined]);
    await waitFor('the one of them', () => files().length === 2, { timeoutMs: 30_000 });
  });

  test('nobody but an operator may ask for one', async () => {
    const person = await registerPerson(operator, 'Nils', 'nils@example.org');
    expect(await person.refusal('mutation { backUpNow { id } }')).toBe('forbidden');
    expect(olive.problems).toEqual([]);
  });
});
