/**
 * Who asks. Made once, at the gateway, from a session cookie, a token or an edge credential; inside
 * the house it travels in memory or as a signed assertion, never as the cookie or token itself.
 */
export interface Caller {
  readonly kind: CallerKind;
  /** `user:usr_…`, `service-account:…`, `edge:…`, `service:deploy`, or `anyone`. */
  readonly principal: string;
  /** A token's scopes. Absent: the caller is not narrowed. */
  readonly scopes?: readonly string[];
  /** Id of the session, when a person came through the browser. */
  readonly session?: string;
  /** Id of the token, when one was used. */
  readonly token?: string;
  /** The forest revision this caller has seen: no older replica may judge them. */
  readonly revision?: number;
  readonly requestId: string;
  /** Where they came from; for the audit trail and for limits. */
  readonly address?: string;
  readonly userAgent?: string;
}

export type CallerKind = 'anonymous' | 'user' | 'service-account' | 'edge' | 'service';

export function anonymous(requestId: string, seen: { address?: string; userAgent?: string } = {}): Caller {
  return { kind: 'anonymous', principal: 'anyone', requestId, ...seen };
}

/** A service acting for the house itself: passes every check, and is named in the audit trail. */
export function serviceCaller(service: string, requestId: string): Caller {
  return { kind: 'service', principal: `service:${service}`, requestId };
}
