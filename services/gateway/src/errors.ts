import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'gateway.port-taken': {
    status: 500,
    text: 'Port {port} on {address} is taken. Stop the program that has it, or set {setting} to another port.',
  },
  'gateway.port-refused': {
    status: 500,
    text: 'This user may not open port {port}. Set {setting} to a port above 1023, or allow it (setcap cap_net_bind_service).',
  },
  'gateway.address-unknown': {
    status: 500,
    text: 'This machine has no address {address}. Set STEADING_BIND to one it has, or to 0.0.0.0.',
  },
  'gateway.certificate-unreadable': {
    status: 500,
    text: 'The certificate cannot be used: {problem}. Set STEADING_TLS_CERTIFICATE and STEADING_TLS_KEY to matching PEM files.',
  },
  'gateway.cross-site': {
    status: 403,
    text: 'This change came from another site. Open the house itself and repeat it there, or use a token.',
  },
  'gateway.token-invalid': {
    status: 401,
    text: 'This token is wrong, expired or revoked. Make a new one under Settings, Tokens.',
  },
  'gateway.not-json': {
    status: 415,
    text: 'Send the request as JSON, with the header content-type: application/json.',
  },
  'gateway.no-page': { status: 404, text: 'There is nothing at this address. Check it, or start from the first page.' },
  'gateway.metrics-closed': {
    status: 403,
    text: 'Metrics are for this machine only. Ask from it, or send the token of STEADING_METRICS_TOKEN.',
  },
  'gateway.bad-join': { status: 400, text: 'Send { topic, id, after? } with a topic of this namespace.' },
  'gateway.too-many-rooms': { status: 429, text: 'One connection follows at most {limit} things. Leave one first.' },
  'gateway.origin-refused': { status: 403, text: 'Open live connections from the house itself, or with a token.' },
});
