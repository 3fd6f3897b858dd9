/** Exit codes, the same for every command: scripts may rely on them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notSignedIn: 3,
  refused: 4,
  unreachable: 5,
} as const;

/** Ends a command with one sentence that says what to do, and an exit code. */
export class Failure extends Error {
  readonly exitCode: number;
  /** The catalogue's code, for `--json`. */
  readonly code: string;

  constructor(message: string, kind: keyof typeof exitCodes = 'failed', code: string = kind) {
    super(message);
    this.exitCode = exitCodes[kind];
    this.code = code;
  }
}
