/**
 * The one error type that a client may see. Every code stands in a catalogue beside the code that
 * raises it and in docs/errors.md; the tidy check keeps the two the same.
 */
export interface ErrorEntry {
  /** The HTTP status that this error is answered with. */
  readonly status: number;
  /** One sentence that says what to do next. `{name}` is replaced by a detail of that name. */
  readonly text: string;
  /** The details are for the log only: they would tell apart what a client must not. */
  readonly hidesDetails?: boolean;
}

export type ErrorCatalogue = Readonly<Record<string, ErrorEntry>>;

type Details = Readonly<Record<string, string | number | boolean | null>>;

/** What leaves the house: safe text, a code, and details that were chosen to be shown. */
export interface PublicError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly details?: Details;
}

export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Details;
  /** The details as a client sees them. */
  readonly shownDetails: Details;

  constructor(code: string, entry: ErrorEntry, details: Details = {}, cause?: unknown) {
    super(fill(entry.text, details), cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
    this.status = entry.status;
    this.details = details;
    this.shownDetails = entry.hidesDetails ? {} : details;
  }
}

/**
 * Declares codes and gives a function that makes their errors:
 * `const fail = defineErrors({ 'spaces.name-taken': { status: 409, text: 'Choose another name: {name} is taken.' } })`
 * then `throw fail('spaces.name-taken', { name })`. The catalogue is `fail.catalogue`.
 */
export function defineErrors<const C extends ErrorCatalogue>(catalogue: C) {
  const make = (code: keyof C & string, details?: Details, cause?: unknown): AppError =>
    new AppError(code, catalogue[code]!, details, cause);
  return Object.assign(make, { catalogue: catalogue as ErrorCatalogue });
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

/** What a client is told of any error: a catalogue error as it is, anything else as `internal`. */
export function toPublicError(error: unknown): PublicError {
  if (!isAppError(error)) {
    return {
      code: 'internal',
      message: 'Something went wrong here. Try again; if it stays, give your operator the request id.',
      status: 500,
    };
  }
  const shown = { code: error.code, message: error.message, status: error.status };
  return Object.keys(error.shownDetails).length > 0 ? { ...shown, details: error.shownDetails } : shown;
}

/** For what cannot happen: a defect of ours, never an answer to a person's mistake. */
export function bug(message: string): never {
  throw new Error(`bug: ${message}`);
}

function fill(text: string, details: Details): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole));
}
