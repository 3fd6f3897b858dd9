import fc from 'fast-check';
import { type GraphQLInputType, getNamedType, isInputObjectType, isListType, isNonNullType } from 'graphql';

/** Texts that have broken servers before. */
const oddTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\uffff',
  '\u202eabc',
  "' or 1=1; --",
  '%s%n%x',
  '../../etc/passwd',
  '--upload-pack=touch /tmp/steading-pwned',
  '$(id)',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '*@platform',
  'x'.repeat(10_000),
  '9'.repeat(40),
  '%00',
  'platform',
  '-1',
  'NaN',
];
const oddTimes = [
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00Z',
  'now',
];

/** Values for an argument: of its type and odd, or, now and then, of no such type at all. */
export function oddValue(type: GraphQLInputType, known: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 7, arbitrary: ofType(type, known) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

function ofType(type: GraphQLInputType, known: readonly string[]): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return ofType(type.ofType as GraphQLInputType, known);
  if (isListType(type)) return fc.array(ofType(type.ofType, known), { maxLength: 4 });
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields());
    return fc.record(Object.fromEntries(fields.map((field) => [field.name, ofType(field.type, known)])), {
      requiredKeys: fields.filter((field) => isNonNullType(field.type)).map((field) => field.name),
    });
  }
  if (named.name === 'Boolean') return fc.boolean();
  if (named.name === 'Int')
    return fc.oneof(fc.constantFrom(0, -1, 1, 2_147_483_647, -2_147_483_648, 2_147_483_648), fc.integer());
  if (named.name === 'DateTime')
    return fc.oneof(fc.constantFrom(...oddTimes), fc.date({ noInvalidDate: true }).map(String));
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
    { weight: 2, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  );
}

/** Bodies for a route that wants a JSON object with these fields. */
export function oddBody(fields: readonly string[]): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom<unknown>(...oddTexts, null, 0, -1, 1e308, true, [], {}),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] });
  return fc.oneof(
    { weight: 4, arbitrary: record.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.jsonValue().map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
}
