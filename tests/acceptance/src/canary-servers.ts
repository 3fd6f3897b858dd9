import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export const outsidePassword = 'canary-mail-password-9109383701';
export const outsideSecret = 'canary-client-secret-6022140760';

/** A mail server and a sign-in provider that remember what the house told them. */
export interface OutsideServers {
  readonly smtpUrl: string;
  readonly issuer: string;
  mails(): readonly string[];
  passwords(): readonly string[];
  clientSecrets(): readonly string[];
  stop(): Promise<void>;
}

export async function startOutsideServers(): Promise<OutsideServers> {
  const mails: string[] = [];
  const passwords: string[] = [];
  const clientSecrets: string[] = [];
  const mail = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ password }, _, done) {
      passwords.push(password ?? '');
      done(null, { user: 'house' });
    },
    onData(stream, _, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        mails.push(text.replace(/=\r\n/g, '').replace(/=3D/g, '='));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
  const provider = createServer((request, response) => {
    void answer(request, clientSecrets).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const mailPort = (mail.server.address() as AddressInfo).port;
  return {
    smtpUrl: `smtp://house:${outsidePassword}@127.0.0.1:${mailPort}`,
    issuer: issuerOf(provider),
    mails: () => mails,
    passwords: () => passwords,
    clientSecrets: () => clientSecrets,
    async stop() {
      provider.closeAllConnections();
      await new Promise((resolve) => provider.close(resolve));
      await new Promise<void>((resolve) => mail.close(() => resolve()));
    },
  };
}

function issuerOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(request: IncomingMessage, clientSecrets: string[]): Promise<{ status: number; body: object }> {
  const issuer = `http://${request.headers.host}`;
  if (request.url?.startsWith('/.well-known/'))
    return {
      status: 200,
      body: {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        authorization_response_iss_parameter_supported: true,
      },
    };
  const sent = (await request.toArray()).join('');
  const basic = Buffer.from((request.headers.authorization ?? '').split(' ')[1] ?? '', 'base64').toString();
  clientSecrets.push(decodeURIComponent(basic.split(':')[1] ?? ''));
  return { status: 400, body: { error: 'invalid_grant', error_description: `You said ${sent} as ${basic}` } };
}
