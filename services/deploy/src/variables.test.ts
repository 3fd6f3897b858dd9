// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references between variables look like this
import { expect, test } from 'vitest';
import { explainProblem, type PlainVariable, resolveVariables, variableProblem } from '#src/variables.ts';

const at = (level: PlainVariable['level'], name: string, value: string, secret = false): PlainVariable => ({
  level,
  name,
  value,
  secret,
});

test('nearer levels win, and references reach the level that they name', () => {
  const resolved = resolveVariables([
    at('project', 'HOST', 'p.example.org'),
    at('environment', 'HOST', 'e.example.org'),
    at('app', 'URL', 'https://${{project.HOST}}/${{ environment.HOST }}/${{HOST}}'),
  ]);
  expect(resolved).toEqual({
    values: { HOST: 'e.example.org', URL: 'https://p.example.org/e.example.org/e.example.org' },
    masked: [],
  });
});

test('a value that is made from a secret is a secret', () => {
  const resolved = resolveVariables([
    at('project', 'PASSWORD', 'hunter22', true),
    at('app', 'URL', 'pg://u:${{project.PASSWORD}}@db'),
  ]);
  expect(resolved).toMatchObject({ masked: expect.arrayContaining(['hunter22', 'pg://u:hunter22@db']) });
});

test('a secret that a nearer variable hides is still masked', () => {
  expect(resolveVariables([at('project', 'KEY', 'old-secret', true), at('app', 'KEY', 'plain')])).toMatchObject({
    values: { KEY: 'plain' },
    masked: ['old-secret'],
  });
});

test('a variable may be made from the one that it hides', () => {
  expect(resolveVariables([at('project', 'FLAGS', '--a'), at('app', 'FLAGS', '${{FLAGS}} --b')])).toMatchObject({
    values: { FLAGS: '--a --b' },
  });
});

test('an unknown reference is named', () => {
  const problem = resolveVariables([at('app', 'URL', '${{project.NONE}}')]);
  expect(problem).toEqual({ problem: 'unknown', reference: '${{project.NONE}}', variable: 'URL' });
  expect('problem' in problem && explainProblem(problem)).toContain('${{project.NONE}}');
});

test.each([
  [[at('app', 'A', '${{A}}')]],
  [[at('app', 'A', '${{B}}'), at('app', 'B', '${{A}}')]],
  [[at('project', 'A', '${{environment.B}}'), at('environment', 'B', '${{project.A}}')]],
])('a circle is refused', (variables) => {
  expect(resolveVariables(variables)).toMatchObject({ problem: 'cycle' });
});

test('references that multiply are cut off', () => {
  const variables = [at('app', 'V0', 'x'.repeat(1000))];
  for (let i = 1; i < 30; i++) variables.push(at('app', `V${i}`, `\${{V${i - 1}}}\${{V${i - 1}}}`));
  expect(resolveVariables(variables)).toMatchObject({ problem: 'too-long' });
});

test.each(['PORT', 'STEADING_X', 'LD_PRELOAD', '1A', 'A-B', ''])('the name %j is refused', (name) => {
  expect(variableProblem(name, 'x')).toBeDefined();
});

test('values of objects are not found through the prototype', () => {
  expect(resolveVariables([at('app', 'A', '${{constructor}}')])).toMatchObject({ problem: 'unknown' });
});
