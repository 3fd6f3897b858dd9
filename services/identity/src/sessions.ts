/** How long a browser stays signed in. */
export interface SessionLife {
  /** Unused for so long, it ends. */
  readonly idleMs: number;
  /** The expiry is moved on once that gains at least this much. */
  readonly slideMs: number;
  /** However much it is used, it ends so long after it began. */
  readonly mostMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const seenEveryMs = 5 * 60_000;

export const personLife: SessionLife = { idleMs: 7 * dayMs, slideMs: dayMs, mostMs: 30 * dayMs };
export const operatorLife: SessionLife = { idleMs: 12 * hourMs, slideMs: hourMs, mostMs: dayMs };

export interface SessionTimes {
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly lastSeenMs: number;
}

export type SessionVerdict =
  | { readonly ended: true }
  | {
      readonly ended: false;
      readonly expiresMs: number;
      /** What must be written: a new expiry, or that it was seen. */
      readonly write: boolean;
      /** When to ask again. */
      readonly refreshMs: number;
    };

/** What a session is worth now. A person who has become an operator meanwhile falls under the shorter life at once. */
export function judgeSession(session: SessionTimes, life: SessionLife, nowMs: number): SessionVerdict {
  const end = session.createdMs + life.mostMs;
  const idleEnd = Math.min(session.expiresMs, session.lastSeenMs + life.idleMs + seenEveryMs);
  if (nowMs >= Math.min(end, idleEnd)) return { ended: true };
  const renewed = Math.min(end, nowMs + life.idleMs);
  const slides = renewed - session.expiresMs >= life.slideMs || renewed < session.expiresMs;
  const expiresMs = slides ? renewed : session.expiresMs;
  const write = slides || nowMs - session.lastSeenMs >= seenEveryMs;
  return { ended: false, expiresMs, write, refreshMs: Math.min(expiresMs, nowMs + seenEveryMs) };
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** `Firefox on Linux`: enough for a person to know their own machine again; decides nothing. */
export function deviceName(userAgent: string): string {
  const browser = browsers.find(([shape]) => shape.test(userAgent))?.[1] ?? 'A browser';
  const system = systems.find(([shape]) => shape.test(userAgent))?.[1];
  return system ? `${browser} on ${system}` : browser;
}
