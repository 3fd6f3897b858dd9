import { isOwnMachine } from '#src/front/hosts.ts';

/** What every answer of the house says to the browser. No inline script or style anywhere, no framing, no sniffing. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const always: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
};

/**
 * Over TLS also that the browser comes by TLS from now on; never for this machine itself, where that would hold for every
 * other program's port as well.
 */
export function securityHeaders(request: {
  readonly secure: boolean;
  readonly host: string;
}): Readonly<Record<string, string>> {
  if (!request.secure || isOwnMachine(request.host.replace(/:\d+$/, ''))) return always;
  return { ...always, 'strict-transport-security': 'max-age=31536000' };
}
