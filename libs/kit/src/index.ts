export { anonymous, type Caller, type CallerKind, serviceCaller } from '#src/caller.ts';
export { type Chain, createChain, type Linked } from '#src/chain.ts';
export { type Clock, systemClock, type Timer } from '#src/clock.ts';
export { type ConfigShape, type ConfigValues, loadConfig } from '#src/config.ts';
export {
  AppError,
  bug,
  defineErrors,
  type ErrorCatalogue,
  type ErrorEntry,
  isAppError,
  type PublicError,
  toPublicError,
} from '#src/errors.ts';
export { type Id, idTime, isId, newId, newRequestId } from '#src/ids.ts';
export { kitErrors } from '#src/kit-errors.ts';
export { createLifecycle, type Lifecycle, type Stoppable } from '#src/lifecycle.ts';
export { createLog, type Log, type LogLevel, type LogOptions } from '#src/log.ts';
export {
  type ProgramEnd,
  type ProgramExit,
  type ProgramOrder,
  type ProgramStart,
  processesMarked,
  runProgram,
  type StartedProgram,
  startProgram,
} from '#src/programs/programs.ts';
export { Secret } from '#src/secret.ts';
