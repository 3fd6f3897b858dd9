import type { Caller } from '@steading/kit';

export const personStates = ['pending-verification', 'active', 'suspended', 'deactivated', 'deleted'] as const;
export type PersonState = (typeof personStates)[number];
/** Who vouches for an address, from strongest to weakest; see the migration. */
export type EmailProof = 'mail' | 'provider' | 'operator' | 'inviter';

export type PersonRow = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly email_proof: EmailProof | null;
  readonly password_hash: string | null;
  readonly state: PersonState;
  readonly created_at: Date;
};

/** Addresses are one person's whatever their case. */
export function emailKey(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

export function principalOf(personId: string): string {
  return `user:${personId}`;
}

/** The id of the person who asks, or undefined where it is no person. */
export function personOf(caller: Caller): string | undefined {
  return caller.kind === 'user' ? caller.principal.slice('user:'.length) : undefined;
}

/** The same request, now known to come from this person: for the audit trail of sign-ins. */
export function becoming(caller: Caller, personId: string, session?: string): Caller {
  return { ...caller, kind: 'user', principal: principalOf(personId), ...(session === undefined ? {} : { session }) };
}

/**
 * Whether a provider's word about this address may open the account. Where only an inviter vouched, somebody may have
 * registered with another's address in order to wait for them.
 */
export function mayLinkByEmail(person: Pick<PersonRow, 'email_proof'>): boolean {
  return person.email_proof !== null && person.email_proof !== 'inviter';
}
