/** Plain objects in the shape of the schema: what the mock house shows. Invented, and only ever seen in development. */
const now = Date.parse('2026-11-21T09:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

export const ada = { id: 'usr_ada', name: 'Ada Morgan', email: 'ada@example.org', state: 'active' };
const ben = { id: 'usr_ben', name: 'Ben Okoro', email: 'ben@example.org', state: 'active' };
const cleo = { id: 'usr_cleo', name: 'Cleo Vance', email: 'cleo@example.org', state: 'suspended' };

const may = (yes: boolean, names: string) => Object.fromEntries(names.split(' ').map((name) => [name, yes]));
const spaceMay = 'update manageMembers createSubspace createProject remove readAudit grant leave';
const appMay = 'deploy cancel rollback update remove readVariables writeVariables readLogs grant manageDomains';

const detection = {
  builder: 'node',
  title: 'A Node application',
  reasons: ['package.json has a start script', 'package-lock.json is there: npm ci', 'engines asks for Node 24'],
  commands: { install: 'npm ci', build: 'npm run build', start: 'npm start' },
  node: '24',
};
const samples = Array.from({ length: 60 }, (_, index) => ({
  at: new Date(now - 900_000 + index * 200).toISOString(),
  ok: true,
  ms: 4 + ((index * 7) % 9),
  generation: index < 34 ? 'dep_2' : 'dep_3',
}));
const explanation = {
  allowed: false,
  text: 'You are a guest here; deploying needs the role developer, lead, admin or owner.',
  steps: [
    { what: 'role', text: 'You hold guest in Garden Club.', nodeId: 'spc_garden', nodeName: 'Garden Club' },
    {
      what: 'flow',
      text: 'A guest of a space is a viewer of its apps.',
      nodeId: 'app_seeds',
      nodeName: 'Seed exchange',
    },
    { what: 'verdict', text: 'A viewer may read, not deploy.', nodeId: null, nodeName: null },
  ],
};

function deployment(number: number, state: string, over: object = {}) {
  const names = ['cloning', 'building', 'pushing', 'deploying', 'verifying'];
  const at = names.indexOf(state);
  return {
    id: `dep_${number}`,
    number,
    state,
    trigger: number % 2 ? 'push' : 'manual',
    by: number % 2 ? null : ada,
    commit: `${number}f3c9a17be55d0c4412a8`,
    commitMessage: ['Show what is in season', 'Sort seeds by sowing month', 'Add the exchange board'][number % 3],
    commitAuthor: 'Ben Okoro',
    branch: 'main',
    createdAt: ago(20 - number * 4),
    finishedAt: at < 0 ? ago(19 - number * 4) : null,
    stages: names.map((name, index) => ({
      name,
      state: at < 0 || index < at ? 'done' : index === at ? 'running' : 'waiting',
      startedAt: at < 0 || index <= at ? ago(20 - number * 4 - index * 0.1) : null,
      finishedAt: at < 0 || index < at ? ago(20 - number * 4 - index * 0.1 - 0.1) : null,
    })),
    detection,
    lastLines: [],
    trace: { sent: 60, lost: 0, firstAt: samples[0]?.at, lastAt: samples.at(-1)?.at, worstMs: 12, samples },
    canRollBackTo: number < 3,
    isLive: number === 3,
    ...over,
  };
}

function app(id: string, name: string, state: string, guest = false) {
  const all = [
    deployment(4, state === 'deploying' ? 'building' : 'live'),
    deployment(3, 'live'),
    deployment(2, 'live'),
    deployment(1, 'live'),
  ];
  const shown = state === 'deploying' ? all : all.slice(1);
  return {
    id,
    nameId: name.toLowerCase().replaceAll(' ', '-'),
    name,
    state,
    createdAt: ago(9_000),
    url: `http://${id.slice(4)}-website.localhost:4600`,
    source: {
      kind: 'git',
      url: 'https://example.org/garden/seeds.git',
      branch: 'main',
      hasToken: false,
      submodules: false,
      hasWebhookSecret: false,
      hasDeployHookToken: true,
      webhookUrl: `/hooks/deploy/git/${id}`,
      deployHookUrl: `/hooks/deploy/run/${id}`,
    },
    build: {
      builder: 'automatic',
      installCommand: '',
      buildCommand: '',
      startCommand: '',
      outputFolder: '',
      rootFolder: '',
      singlePage: false,
    },
    runtime: { replicas: 1, healthPath: '/healthz', drainSeconds: 30, memoryMb: 256, cpuMillis: 500, keep: 10 },
    domains: [
      { host: `${id.slice(4)}-website.localhost`, isDefault: true, state: 'active' },
      {
        host: 'seeds.example.org',
        isDefault: false,
        state: 'pending',
        verification: { recordName: '_steading.seeds.example.org', recordValue: 'steading-proof=8d1f0c2a' },
      },
    ],
    live: state === 'not-deployed' ? null : all[1],
    newest: state === 'not-deployed' ? null : shown[0],
    deployments: { nodes: state === 'not-deployed' ? [] : shown, hasNextPage: false },
    instances: [
      {
        id: 'ins_0193a7',
        state: 'healthy',
        generation: 'dep_3',
        startedAt: ago(8),
        restarts: 0,
        memoryBytes: 61_000_000,
        cpuMillis: 12,
      },
    ],
    may: may(!guest, appMay),
    why: explanation,
    isolation: {
      runtime: 'process',
      level: 'bubblewrap',
      text: 'Each instance has its own user and sees only its own files. Weaker than containers.',
    },
    environment: { id: 'env_prod', name: 'production', isDefault: true, apps: [] },
  };
}

const apps = [
  app('app_seeds', 'Seed exchange', 'deploying'),
  app('app_board', 'Notice board', 'live', true),
  app('app_new', 'Allotment map', 'not-deployed'),
];
const project = {
  id: 'prj_web',
  nameId: 'website',
  name: 'Website',
  createdAt: ago(9_500),
  apps,
  environments: [
    { id: 'env_prod', name: 'production', isDefault: true, apps },
    { id: 'env_staging', name: 'staging', isDefault: false, apps: [] },
  ],
  may: may(true, 'update createApp remove readVariables writeVariables'),
};
function space(id: string, name: string, tagline: string, over: object = {}) {
  return {
    id,
    nameId: id.slice(4),
    name,
    tagline,
    tags: ['garden', 'club'],
    children: [] as unknown[],
    parent: null as unknown,
    privacy: 'private',
    visibility: 'active',
    membership: 'invitations',
    createdAt: ago(90_000),
    level: 1,
    myRole: 'owner',
    may: { ...may(true, spaceMay), join: false },
    members: {
      nodes: [
        { person: ada, role: 'owner', since: ago(90_000) },
        { person: ben, role: 'developer', since: ago(40_000) },
        { person: cleo, role: 'guest', since: ago(300) },
      ],
      hasNextPage: false,
      totalCount: 3,
    },
    memberCount: 3,
    invitations: [
      { id: 'inv_1', email: 'dana@example.org', role: 'member', state: 'pending', createdAt: ago(60), invitedBy: ada },
    ],
    projects: [] as unknown[],
    ...over,
  };
}
const garden = space('spc_garden', 'Garden Club', 'Growing things together since spring', { projects: [project] });
const tools = space('spc_tools', 'Tool shed', 'Who has the wheelbarrow', { parent: garden, level: 2 });
const open = space('spc_choir', 'Choir', 'Thursdays at seven', {
  privacy: 'public',
  membership: 'open',
  myRole: null,
  may: { ...may(false, spaceMay), join: true },
});
garden.children.push(tools);
Object.assign(project, { space: garden });
for (const one of apps) {
  Object.assign(one, { project });
  for (const made of one.deployments.nodes) Object.assign(made, { app: one });
}

const node = {
  id: 'spc_garden',
  kind: 'space',
  name: 'Garden Club',
  inherit: 'open',
  mayGrant: true,
  roles: ['owner', 'admin', 'lead', 'developer', 'member', 'guest'],
  holders: [
    {
      principal: 'user:usr_ada',
      person: ada,
      label: 'Ada Morgan',
      role: 'owner',
      fromId: 'spc_garden',
      fromName: 'Garden Club',
      groupName: 'the owners of Garden Club',
      direct: true,
    },
    {
      principal: 'user:usr_ben',
      person: ben,
      label: 'Ben Okoro',
      role: 'developer',
      fromId: 'spc_garden',
      fromName: 'Garden Club',
      direct: true,
    },
  ],
  blocks: [
    {
      principal: 'user:usr_cleo',
      person: cleo,
      privileges: ['space.create-project'],
      reason: 'Until the introduction is done',
    },
  ],
  privileges: [
    { name: 'space.read', text: 'See the space', roles: ['owner', 'admin', 'lead', 'developer', 'member', 'guest'] },
    { name: 'space.create-project', text: 'Create projects', roles: ['owner', 'admin', 'lead', 'developer'] },
    { name: 'space.remove', text: 'Remove the space', roles: ['owner', 'admin'] },
  ],
};

export const logLines = Array.from({ length: 120 }, (_, index) => ({
  position: index + 1,
  at: new Date(now - 60_000 + index * 300).toISOString(),
  stage: index < 12 ? 'cloning' : 'building',
  stream: index === 0 || index === 12 ? 'steading' : index % 31 === 30 ? 'stderr' : 'stdout',
  text:
    index === 0
      ? 'Fetching main of https://example.org/garden/seeds.git'
      : index === 12
        ? 'npm ci'
        : `added package ${index} in ${(index * 13) % 90} ms`,
}));

export const mockRoot = {
  viewer: { person: ada, isOperator: true, canCreateSpaces: true, sessionId: 'ses_1' },
  houseInfo: {
    name: 'Steading',
    version: '0.1.0',
    needsSetup: false,
    registration: 'invitation',
    providers: [{ id: 'club', name: 'Club login', issuer: 'https://id.example.org' }],
    mailConfigured: false,
    appsDomain: 'localhost',
  },
  mySessions: [
    {
      id: 'ses_1',
      device: 'Firefox on Linux',
      address: '192.0.2.7',
      createdAt: ago(4_000),
      lastSeenAt: ago(0),
      expiresAt: ago(-9_000),
      current: true,
    },
    {
      id: 'ses_2',
      device: 'Safari on iPhone',
      address: '198.51.100.4',
      createdAt: ago(20_000),
      lastSeenAt: ago(600),
      expiresAt: ago(-5_000),
      current: false,
    },
  ],
  myTokens: [
    {
      id: 'tok_1',
      name: 'laptop',
      prefix: 'stg_a1b2',
      scopes: ['app.*@spc_garden'],
      createdAt: ago(10_000),
      expiresAt: ago(-90_000),
      lastUsedAt: ago(3),
    },
  ],
  registrationInvitations: [
    {
      id: 'inv_9',
      email: 'eli@example.org',
      createdAt: ago(90),
      expiresAt: ago(-9_000),
      invitedBy: ada,
      state: 'pending',
    },
  ],
  people: [ada, ben, cleo],
  device: { name: 'steading on workbench', createdAt: ago(1) },
  mySpaces: [garden, tools],
  space: (args: { nameId?: string }) => [garden, tools, open].find((one) => one.nameId === args.nameId) ?? garden,
  publicSpaces: [open],
  mySpaceInvitations: [{ id: 'inv_2', space: open, role: 'member', invitedBy: ben, createdAt: ago(200) }],
  accessNode: node,
  explainAccess: { ...explanation, allowed: true, text: 'You may: you are an owner of Garden Club.' },
  whoCan: node.holders,
  project,
  app: (args: { id: string }) => apps.find((one) => one.id === args.id),
  deployment: (args: { id: string }) => apps[0]?.deployments.nodes.find((one) => one.id === args.id),
  myApps: apps,
  inspectSource: { ok: true, branches: ['main'], defaultBranch: 'main', detection },
  variables: [
    { name: 'GREETING', value: 'Hello from the shed', secret: false, level: 'app', updatedAt: ago(400) },
    { name: 'DATABASE_URL', secret: true, level: 'project', updatedAt: ago(4_000) },
  ],
  audit: {
    nodes: [
      {
        position: '41',
        at: ago(4),
        action: 'deploy.deployment.start',
        actor: 'user:usr_ada',
        actorPerson: ada,
        nodeId: 'app_seeds',
        target: 'Seed exchange',
        result: 'ok',
        through: 'web',
        address: '192.0.2.7',
        requestId: 'req_0193',
        after: { number: 4 },
        hash: 'b3f1c0',
      },
      {
        position: '40',
        at: ago(30),
        action: 'identity.sign-in',
        actor: 'anyone',
        nodeId: 'platform',
        target: 'cleo@example.org',
        result: 'refused',
        through: 'web',
        address: '203.0.113.9',
        requestId: 'req_0192',
        hash: '9a0e77',
      },
    ],
    hasNextPage: false,
  },
  verifyAudit: { ok: true, entries: 41 },
  services: ['gateway', 'identity', 'forest', 'spaces', 'deploy', 'compute', 'observe'].map((name) => ({
    name,
    ready: name !== 'compute',
    reason: name === 'compute' ? 'The runtime has not answered for 12 s.' : null,
  })),
  deadLetters: [
    {
      id: 'dl_1',
      consumer: 'observe.audit',
      type: 'deploy.app.live',
      key: 'app_seeds',
      error: 'deadline exceeded',
      attempts: 8,
      at: ago(50),
    },
  ],
};
