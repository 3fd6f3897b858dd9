import type { Log, Secret } from '@steading/kit';
import type { Transporter } from 'nodemailer';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

/** How the house's mails leave it. */
export interface Mailer {
  /** Whether there is a mail server. */
  readonly configured: boolean;
  /** True once the mail server has taken it; false where it went to the operator's log, or was not taken. */
  send(mail: Mail): Promise<boolean>;
  /** Sends when there is time, trying three times; nobody waits for it, nor for what makes the mail, if there is one. */
  post(make: () => Promise<Mail | undefined>): void;
  stop(): Promise<void>;
}

export interface MailerOptions {
  readonly smtpUrl: Secret | undefined;
  readonly from: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

const mostWaiting = 200;
const deadlineMs = 10_000;

/**
 * SMTP, or the log. Without a mail server a mail is written to the log whole, with a warning, links included: the
 * operator has to hand it on. This is the one intended exception to what may be logged.
 */
export function createMailer(options: MailerOptions): Mailer {
  const { smtpUrl, from, log, signal, sleep } = options;
  /** The library is loaded for the first mail: a house without a mail server does not pay for it. */
  let transport: Promise<Transporter> | undefined;
  const posted = new Set<Promise<void>>();

  async function send(mail: Mail): Promise<boolean> {
    if (!smtpUrl) {
      log.warn({ mail }, 'no mail server is set (STEADING_SMTP_URL): hand this mail to its receiver');
      return false;
    }
    try {
      transport ??= openTransport(smtpUrl);
      await (await transport).sendMail({ from, ...mail });
      return true;
    } catch (error) {
      log.error({ err: error, subject: mail.subject }, 'the mail server did not take a mail');
      return false;
    }
  }

  async function deliver(make: () => Promise<Mail | undefined>): Promise<void> {
    const mail = await make();
    if (!mail) return;
    for (const delayMs of [0, 5_000, 60_000]) {
      if (delayMs > 0) await sleep(delayMs, signal);
      if ((await send(mail)) || !smtpUrl || signal.aborted) return;
    }
  }

  return {
    configured: smtpUrl !== undefined,
    send,
    post(make) {
      if (posted.size >= mostWaiting) return log.error('too many mails wait: one is dropped');
      const work = deliver(make).finally(() => posted.delete(work));
      posted.add(work);
      work.catch((error: unknown) => log.error({ err: error }, 'a mail could not be sent'));
    },
    async stop() {
      await Promise.allSettled(posted);
      (await transport)?.close();
    },
  };
}

async function openTransport(smtpUrl: Secret): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url: smtpUrl.reveal(),
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
