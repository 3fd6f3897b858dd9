export interface Accepted {
  /** `text/event-stream`. */
  readonly events: boolean;
  readonly json: boolean;
}

/** Which forms of an answer somebody takes, by their Accept header. Without one: JSON. */
export function readAccepted(header: string | undefined): Accepted {
  const types = new Set<string>();
  for (const part of (header || '*/*').toLowerCase().split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) types.add(type);
  }
  const takes = (...names: string[]) => names.some((name) => types.has(name));
  return {
    // Not by a wildcard: whoever takes anything is not ready for an answer that does not end.
    events: takes('text/event-stream'),
    json: takes('application/json', 'application/graphql-response+json', 'application/*', '*/*'),
  };
}
