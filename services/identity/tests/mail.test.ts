import type { AddressInfo } from 'node:net';
import { waitFor } from '@steading/testkit';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becoming } from '#src/people.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

describe('with a mail server', () => {
  let server: SMTPServer;
  let house: IdentityHouse;
  let refusing = false;
  const mails: string[] = [];
  const ada = () => becoming(house.visitor(), 'usr_ada', 'ses_one');
  const bob = () => becoming(house.visitor(), 'usr_bob', 'ses_two');
  const invite = 'mutation($e: String!) { inviteToRegister(email: $e) { link } }';
  beforeAll(async () => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _, done) {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => {
          if (!refusing) mails.push(text.replace(/=\r\n/g, '').replace(/=3D/g, '='));
          done(refusing ? new Error('the mailbox is full') : null);
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    house = await startIdentity({
      STEADING_SMTP_URL: `smtp://127.0.0.1:${port}`,
      STEADING_MAIL_FROM: 'house@example.org',
    });
    await house.pool.query(
      `insert into identity.people (id, name, email, email_key, email_proof, state, created_at) values
         ('usr_ada', 'Ada', 'ada@example.org', 'ada@example.org', 'operator', 'active', now()),
         ('usr_bob', 'Bob', 'bob@example.org', 'bob@example.org', 'mail', 'active', now())`,
    );
    await house.access.write(ada(), [{ op: 'grant', node: 'platform', principal: 'user:usr_ada', role: 'owner' }]);
  });
  afterAll(async () => {
    await house.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  test('an invitation is mailed, shown to nobody, and proves the address of who opens it', async () => {
    const { data } = await house.graph(ada(), invite, { e: 'new@example.org' });
    expect(data).toEqual({ inviteToRegister: { link: null } });
    const token = /register#([\w-]{43})/.exec(mails.at(-1)!)![1]!;
    expect(mails.at(-1)).toContain('To: new@example.org');
    expect(house.lines.join('')).not.toContain(token);
    const answer = await house.post('/auth/register', {
      invitation: token,
      name: 'New',
      password: 'a mole in the ground',
    });
    expect(answer.status).toBe(200);
    const { rows } = await house.pool.query(`select email_proof from identity.people where name = 'New'`);
    expect(rows).toEqual([{ email_proof: 'mail' }]);
  });

  test('a reset link is mailed, and does not stand in the log', async () => {
    const before = mails.length;
    await house.post('/auth/forgot', { email: 'bob@example.org' });
    await waitFor('the mail', () => mails.length > before);
    const token = /reset#([\w-]{43})/.exec(mails.at(-1)!)![1]!;
    expect(house.lines.join('')).not.toContain(token);
  });

  test('an invitation that was not taken is shown to an operator, and withdrawn for anybody else', async () => {
    refusing = true;
    const shown = await house.graph(ada(), invite, { e: 'full@example.org' });
    expect(String((shown.data as unknown as { inviteToRegister: { link: string } }).inviteToRegister.link)).toMatch(
      /#/,
    );
    const request = { email: 'other@example.org', toWhat: 'a space', returnPath: '/' };
    await expect(house.invite(bob(), request)).rejects.toMatchObject({ code: 'unavailable' });
    const { rows } = await house.pool.query(`select state from identity.invitations where email = 'other@example.org'`);
    expect(rows).toEqual([{ state: 'withdrawn' }]);
    refusing = false;
  });
});
