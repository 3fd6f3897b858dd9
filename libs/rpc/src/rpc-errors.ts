import { fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { AppError, isAppError, kitErrors, toPublicError } from '@steading/kit';

/**
 * How errors cross an RPC. A catalogue error arrives as the same code, status, text and details; its cause stays where
 * it was raised. Over the wire it travels as a Connect error whose detail is a google.protobuf.Struct, which clients in
 * other languages can read too. Whatever is no catalogue error arrives as `internal`.
 */

const codes: readonly (readonly [status: number, code: Code])[] = [
  [400, Code.InvalidArgument],
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.NotFound],
  [409, Code.FailedPrecondition],
  [413, Code.ResourceExhausted],
  [429, Code.ResourceExhausted],
  [499, Code.Canceled],
  [501, Code.Unimplemented],
  [503, Code.Unavailable],
  [504, Code.DeadlineExceeded],
];

/** For the wire: what a method threw, as a Connect error. */
export function toWireError(error: unknown): ConnectError {
  if (error instanceof ConnectError && !isAppError(error.cause)) return error;
  const raised = error instanceof ConnectError ? error.cause : error;
  const shown = toPublicError(raised);
  const code = codes.find(([status]) => status === shown.status)?.[1] ?? statusClass(shown.status);
  const wire = new ConnectError(shown.message, code, undefined, undefined, raised);
  const detail: JsonObject = { code: shown.code, status: shown.status, details: { ...shown.details } };
  wire.details.push({ desc: StructSchema, value: fromJson(StructSchema, detail) });
  return wire;
}

function statusClass(status: number): Code {
  return status < 500 ? Code.FailedPrecondition : Code.Internal;
}

/** For the caller's side: every failure of a call is a catalogue error, whichever way the call went. */
export function toCallError(error: unknown, call: { service: string; timeoutMs: number | undefined }): AppError {
  if (isAppError(error)) return error;
  const wire = ConnectError.from(error);
  const restored = restore(wire);
  if (restored) return restored;
  if (wire.code === Code.Canceled) return kitErrors('cancelled', {}, error);
  if (wire.code === Code.DeadlineExceeded)
    return kitErrors('deadline-exceeded', { seconds: (call.timeoutMs ?? 0) / 1000 }, error);
  if (wire.code === Code.Unavailable) return kitErrors('unavailable', { what: `The ${call.service} service` }, error);
  if (wire.code === Code.Unauthenticated) return kitErrors('unauthenticated', {}, error);
  return kitErrors('internal', {}, error);
}

function restore(wire: ConnectError): AppError | undefined {
  const [detail] = wire.findDetails(StructSchema);
  if (!detail) return undefined;
  const { code, status, details } = toJson(StructSchema, detail) as JsonObject;
  if (typeof code !== 'string' || typeof status !== 'number') return undefined;
  return new AppError(code, { status, text: wire.rawMessage }, plainDetails(details));
}

function plainDetails(value: JsonValue | undefined): Record<string, string | number | boolean | null> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const plain: Record<string, string | number | boolean | null> = {};
  for (const [name, detail] of Object.entries(value)) if (typeof detail !== 'object' || !detail) plain[name] = detail;
  return plain;
}
