import { statement, type Writer } from '@steading/db';

export type FlowRow = {
  readonly provider: string;
  readonly code_verifier: string;
  readonly nonce: string;
  readonly return_path: string;
};

const begin = statement<
  [
    state: Buffer,
    browser: Buffer,
    provider: string,
    verifier: string,
    nonce: string,
    path: string,
    now: Date,
    expires: Date,
  ]
>(
  'identity.oidc.begin',
  `insert into identity.oidc_flows
     (state_hash, browser_hash, provider, code_verifier, nonce, return_path, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const take = statement<[state: Buffer, browser: Buffer, provider: string, now: Date], FlowRow>(
  'identity.oidc.take',
  `delete from identity.oidc_flows
    where state_hash = $1 and browser_hash = $2 and provider = $3 and expires_at > $4
    returning provider, code_verifier, nonce, return_path`,
);
const removeOld = statement<[now: Date]>(
  'identity.oidc.removeOld',
  'delete from identity.oidc_flows where expires_at <= $1',
);
const linked = statement<[provider: string, subject: string], { person_id: string }>(
  'identity.oidc.linked',
  'select person_id from identity.provider_accounts where provider = $1 and subject = $2',
);
const link = statement<[provider: string, subject: string, personId: string, email: string, now: Date]>(
  'identity.oidc.link',
  `insert into identity.provider_accounts (provider, subject, person_id, email, linked_at) values ($1, $2, $3, $4, $5)
   on conflict (provider, subject) do nothing`,
);

export interface NewFlow {
  readonly stateHash: Buffer;
  readonly browserHash: Buffer;
  readonly provider: string;
  readonly codeVerifier: string;
  readonly nonce: string;
  readonly returnPath: string;
  readonly now: Date;
  readonly expires: Date;
}

export function oidcWriter(tx: Writer) {
  return {
    begin: (one: NewFlow) =>
      tx.run(
        begin,
        one.stateHash,
        one.browserHash,
        one.provider,
        one.codeVerifier,
        one.nonce,
        one.returnPath,
        one.now,
        one.expires,
      ),
    /** The flow that this browser began with this provider, once. */
    take: (stateHash: Buffer, browserHash: Buffer, provider: string, now: Date) =>
      tx.first(take, stateHash, browserHash, provider, now),
    removeOld: (now: Date) => tx.run(removeOld, now),
    linked: (provider: string, subject: string) => tx.first(linked, provider, subject),
    link: async (one: { provider: string; subject: string; personId: string; email: string; now: Date }) =>
      (await tx.run(link, one.provider, one.subject, one.personId, one.email, one.now)) === 1,
  };
}
