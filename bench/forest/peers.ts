import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createForest, type ForestOp } from '@steading/forest';
import { forestOps, kinds, layOut, person, randomFrom, type Size } from './large-forest.ts';

/*
 * The same small forest and the same questions for all four: people granted roles on nodes, flowing down, with a
 * space's lead being an app's developer. The peers are each given what suits them: CASL an ability per person and
 * every node's path worked out beforehand, Cedar its policies parsed once and only the nodes of the path with each
 * question, casbin its own role manager. None of the three keeps groups, seals or blocks here; the forest keeps all.
 */
const size: Size = { nodes: 1_000, grants: 1_000, people: 200, groups: 0 };
const questions = 2_000;
const folder = join(import.meta.dirname, 'peers');

interface Question {
  readonly who: string;
  readonly privilege: 'space.update' | 'app.deploy';
  readonly node: number;
}
type Ask = (question: Question) => boolean | Promise<boolean>;

interface Granted {
  readonly node: string;
  readonly principal: string;
  readonly privileges: readonly string[];
}

interface Setting {
  readonly layout: ReturnType<typeof layOut>;
  readonly ops: readonly ForestOp[];
  readonly granted: readonly Granted[];
  readonly paths: readonly (readonly string[])[];
}

export async function comparePeers(): Promise<void> {
  if (!existsSync(join(folder, 'node_modules/casbin')))
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'], {
      cwd: folder,
      stdio: 'inherit',
    });
  const setting = setUp();
  const load = createRequire(join(folder, 'package.json'));
  const below = randomFrom(13);
  const asked = Array.from({ length: questions }, (): Question => {
    const node = 1 + below(size.nodes - 1);
    const privilege = node < setting.layout.firstApp ? 'space.update' : 'app.deploy';
    return { who: person(below(size.people)), privilege, node };
  });
  console.log(`\nside by side: ${size.nodes} nodes, ${size.grants} grants, ${size.people} people, the same questions`);
  const ours = await measure(askForest(setting), asked);
  console.log(`     ${'forest'.padEnd(24)} ${ours.micros.toFixed(2).padStart(10)} µs a question`);
  const peers: [string, Ask, number][] = [
    ['@casl/ability', askCasl(setting, load), 1],
    ['@cedar-policy/cedar-wasm', askCedar(setting, load), 0.2],
    ['casbin', await askCasbin(setting, load), 0.1],
  ];
  for (const [name, ask, part] of peers) {
    const some = asked.slice(0, questions * part);
    const theirs = await measure(ask, some);
    const different = some.findIndex((_, index) => theirs.answers[index] !== ours.answers[index]);
    if (different !== -1) throw new Error(`${name} answers otherwise: ${JSON.stringify(some[different])}`);
    const ratio = theirs.micros / ours.micros;
    console.log(
      `     ${name.padEnd(24)} ${theirs.micros.toFixed(2).padStart(10)} µs a question, ${ratio.toFixed(1)} × ours`,
    );
  }
}

function setUp(): Setting {
  const layout = layOut(size.nodes);
  const ops = [...forestOps(size, layout)].flat();
  const paths = layout.ids.map((_, node) => {
    const path: string[] = [];
    for (let at = node; at !== -1; at = layout.parents[at]!) path.push(layout.ids[at]!);
    return path;
  });
  const inSpace = { owner: true, admin: true, lead: true } as Record<string, boolean>;
  const granted = ops.flatMap((op): Granted[] => {
    if (op.op !== 'grant') return [];
    const strong = inSpace[op.role] ?? false;
    // A developer of a space is a developer of its apps: only leads and members become something else there.
    const deploys = strong || op.role === 'developer';
    const privileges = [...(strong ? ['space.update'] : []), ...(deploys ? ['app.deploy'] : [])];
    return privileges.length > 0 ? [{ node: op.node, principal: op.principal, privileges }] : [];
  });
  return { layout, ops, granted, paths };
}

async function measure(ask: Ask, asked: readonly Question[]): Promise<{ micros: number; answers: boolean[] }> {
  const warmUntil = performance.now() + 500;
  for (let index = 0; performance.now() < warmUntil; index++) await ask(asked[index % asked.length]!);
  const answers: boolean[] = [];
  const start = performance.now();
  for (const question of asked) {
    const answer = ask(question);
    answers.push(typeof answer === 'boolean' ? answer : await answer);
  }
  return { micros: ((performance.now() - start) * 1000) / asked.length, answers };
}

function askForest({ ops, layout }: Setting): Ask {
  const forest = createForest({ kinds });
  forest.apply(ops);
  return ({ who, privilege, node }) => forest.can({ principal: who, privilege, node: layout.ids[node]!, now: 1 });
}

function askCasl({ granted, paths }: Setting, load: NodeJS.Require): Ask {
  const { AbilityBuilder, createMongoAbility, subject } = load('@casl/ability') as typeof import('./peers/casl.d.ts');
  const abilities = new Map<string, ReturnType<typeof createMongoAbility>>();
  for (let number = 0; number < size.people; number++) {
    const { can, build } = new AbilityBuilder(createMongoAbility);
    for (const { node, privileges } of granted.filter(({ principal }) => principal === person(number)))
      for (const privilege of privileges) can(privilege, 'Node', { path: node });
    abilities.set(person(number), build());
  }
  const subjects = paths.map((path) => subject('Node', { path }));
  return ({ who, privilege, node }) => abilities.get(who)!.can(privilege, subjects[node]!);
}

function askCedar({ granted, paths, layout }: Setting, load: NodeJS.Require): Ask {
  const cedar = load('@cedar-policy/cedar-wasm/nodejs') as typeof import('./peers/cedar.d.ts');
  const policies = granted.map(({ principal, privileges, node }) => {
    const actions = privileges.map((privilege) => `Action::"${privilege}"`).join(', ');
    return `permit(principal == Person::"${principal}", action in [${actions}], resource in Node::"${node}");`;
  });
  const parsed = cedar.preparsePolicySet('bench', { staticPolicies: policies.join('\n') });
  if (parsed.type !== 'success') throw new Error('Cedar does not take the policies');
  const entity = (id: string) => ({ type: 'Node', id });
  const slices = paths.map((path) =>
    path.map((id, index) => {
      const parents = path[index + 1] === undefined ? [] : [entity(path[index + 1]!)];
      return { uid: entity(id), attrs: {}, parents };
    }),
  );
  return ({ who, privilege, node }) => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Person', id: who },
      action: { type: 'Action', id: privilege },
      resource: entity(layout.ids[node]!),
      context: {},
      preparsedPolicySetId: 'bench',
      entities: slices[node]!,
    });
    if (answer.type !== 'success') throw new Error(`Cedar refuses the question: ${JSON.stringify(answer)}`);
    return answer.response.decision === 'allow';
  };
}

async function askCasbin({ granted, paths, layout }: Setting, load: NodeJS.Require): Promise<Ask> {
  const { newEnforcer, newModelFromString } = load('casbin') as typeof import('./peers/casbin.d.ts');
  const model = newModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.obj, p.obj) && r.sub == p.sub && r.act == p.act
`);
  const enforcer = await newEnforcer(model);
  const rules = granted.flatMap(({ principal, privileges, node }) => privileges.map((each) => [principal, node, each]));
  const different = new Map(rules.map((rule) => [rule.join(' '), rule]));
  await enforcer.addPolicies([...different.values()]);
  await enforcer.addNamedGroupingPolicies(
    'g',
    paths.flatMap((path) => (path[1] === undefined ? [] : [[path[0]!, path[1]]])),
  );
  return ({ who, privilege, node }) => enforcer.enforce(who, layout.ids[node]!, privilege);
}
