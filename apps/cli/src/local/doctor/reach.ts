import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:tls';
import { type Finding, good, warning, wrong } from '#src/local/doctor/finding.ts';

const timeoutMs = 5_000;
const dayMs = 86_400_000;
/** Servers' clocks may be this far apart before anybody notices. */
const driftMs = 5_000;

/** Whether people reach the house where it says that it is: names, certificate, clock. */
export async function checkReach(publicUrl: string, appsDomain: string | undefined): Promise<Finding[]> {
  const url = new URL(publicUrl);
  if (isLocal(url.hostname)) return [];
  const answers = await checkAnswer(url);
  const names = await Promise.all(
    [url.hostname, ...(appsDomain && !isLocal(appsDomain) ? [`doctor.${appsDomain}`] : [])].map((name) =>
      checkName(name, answers[0]?.state === 'good'),
    ),
  );
  return [...names, ...answers, ...(url.protocol === 'https:' ? [await checkCertificate(url)] : [])];
}

const isLocal = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '127.0.0.1' || name === '[::1]';

async function checkName(name: string, answers: boolean): Promise<Finding> {
  const what = `name ${name}`;
  const found = await lookup(name, { all: true }).catch(() => []);
  if (found.length === 0)
    return wrong(what, 'has no address. Add a DNS record (for apps a wildcard) that points to this machine');
  const own = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));
  const addresses = found.map(({ address }) => address);
  if (addresses.some((address) => own.has(address))) return good(what, `points here (${addresses.join(', ')})`);
  const text = `points to ${addresses.join(', ')}, which is no address of this machine`;
  if (answers) return good(what, `${text}; something there passes requests on`);
  return warning(what, `${text}. Where no router or proxy there passes requests on, change the DNS record`);
}

/** The house asked as a stranger would; its answer's date tells how far the clocks are apart. */
async function checkAnswer(url: URL): Promise<Finding[]> {
  const what = 'from outside';
  try {
    const answer = await fetch(new URL('/livez', url), { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
    const { live } = (await answer.json()) as { live?: boolean };
    if (!live) return [wrong(what, `${url.origin} answers, but not as a house: does it pass on to this one?`)];
    const dated = Date.parse(answer.headers.get('date') ?? '');
    const drift = Number.isNaN(dated) ? 0 : Math.abs(Date.now() - dated);
    const found = good(what, `${url.origin} answers`);
    if (drift <= driftMs) return [found];
    return [found, wrong('clock', `is ${Math.round(drift / 1000)} s away from that of ${url.host}: set it right`)];
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return [
      wrong(what, `${url.origin} does not answer from here (${cause?.code ?? message}): firewall, port or proxy?`),
    ];
  }
}

function checkCertificate(url: URL): Promise<Finding> {
  const what = 'certificate';
  return new Promise((resolve) => {
    // Looked at, not trusted: an authority of the house's own is no fault.
    const options = { host: url.hostname, port: Number(url.port || 443), servername: url.hostname };
    const socket = connect({ ...options, rejectUnauthorized: false, timeout: timeoutMs }, () => {
      const end = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      resolve(judgeCertificate(end, Date.now()));
    });
    const none = () => {
      socket.destroy();
      resolve(wrong(what, `no TLS at ${url.host}`));
    };
    socket.once('error', none);
    socket.once('timeout', none);
  });
}

/** @param end when it ends, in milliseconds since 1970; NaN where there is none. */
export function judgeCertificate(end: number, now: number): Finding {
  const what = 'certificate';
  if (Number.isNaN(end)) return wrong(what, 'none was shown');
  const days = Math.floor((end - now) / dayMs);
  const until = new Date(end).toISOString().slice(0, 10);
  if (end <= now)
    return wrong(what, `ended on ${until}: browsers refuse the house. Renew it and start the house again`);
  if (days < 14) return warning(what, `ends in ${days} days, on ${until}: renew it`);
  return good(what, `is good until ${until}`);
}
