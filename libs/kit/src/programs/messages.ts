/** What the house and its program host say to each other. Every message is about one order, by its number. */
import type { ProgramOrder, ProgramStart } from '#src/programs/programs.ts';

export type OutputName = 'stdout' | 'stderr';

export type ToHost =
  | { readonly id: number; readonly run: Omit<ProgramOrder, 'signal'> }
  | { readonly id: number; readonly start: ProgramStart }
  /** Ends what runs to its end, with all that it started. */
  | { readonly id: number; readonly kill: true }
  /** So many bytes of output were used: more may come. */
  | { readonly id: number; readonly used: OutputName; readonly bytes: number }
  | { readonly id: number; readonly marked: string };

export type FromHost =
  | { readonly id: number; readonly done: unknown }
  | { readonly id: number; readonly failed: { readonly message: string; readonly code?: string } }
  | { readonly id: number; readonly output: OutputName; readonly chunk: Buffer | null }
  | { readonly id: number; readonly exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } };
