import { createSubgraphBuilder, finish, type Subgraph } from '@steading/graph';
import type { ServiceContext, ServiceParts } from '@steading/service';
import type { config } from '#src/config.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { addInvitations } from '#src/graph/invitation.ts';
import { addPerson } from '#src/graph/person.ts';
import { addSessions } from '#src/graph/session.ts';
import { addTokens } from '#src/graph/token.ts';
import { addViewer } from '#src/graph/viewer.ts';
import { accountRoutes } from '#src/http/account-routes.ts';
import { deviceRoutes } from '#src/http/device-routes.ts';
import { oidcRoutes } from '#src/http/oidc-routes.ts';
import { identityJobs } from '#src/jobs/identity-jobs.ts';
import { createKnownPeople } from '#src/known-people.ts';
import { createLimits } from '#src/limits.ts';
import { createMailer } from '#src/mailer.ts';
import { createProviders, type Providers } from '#src/oidc/providers.ts';
import { createPasswordHasher } from '#src/password-hasher.ts';
import { loadCommonPasswords } from '#src/passwords.ts';
import { identityRpc } from '#src/rpc/identity-service.ts';
import { grantPlatform, renewSetupLink } from '#src/setup.ts';

export function create(context: ServiceContext<typeof config>): ServiceParts {
  const deps = makeDeps(context);
  const { clock, log } = context;
  const providers = createProviders({ settings: context.config.STEADING_OIDC, clock, log });
  return {
    rpc: [identityRpc(deps)],
    graph: makeGraph(deps, providers),
    http: [...accountRoutes(deps), ...deviceRoutes(deps), ...oidcRoutes(deps, providers)],
    jobs: identityJobs(deps),
    async start() {
      deps.people.start();
      await renewSetupLink(deps);
      await grantPlatform(deps);
    },
    async stop() {
      await deps.people.stop();
      await deps.mailer.stop();
    },
  };
}

function makeDeps(context: ServiceContext<typeof config>): IdentityDeps {
  const { db, bus, access, clock, log, house, signal } = context;
  const settings = context.config;
  return {
    db,
    bus,
    access,
    clock,
    log,
    house,
    people: createKnownPeople({ db, bus }),
    hasher: createPasswordHasher({}),
    mailer: createMailer({
      smtpUrl: settings.STEADING_SMTP_URL,
      from: settings.STEADING_MAIL_FROM,
      log,
      signal,
      sleep: (delayMs, until) => clock.sleep(delayMs, until),
    }),
    limits: createLimits(context.limits),
    commonPasswords: loadCommonPasswords(),
    registration: settings.STEADING_REGISTRATION,
  };
}

function makeGraph(deps: IdentityDeps, providers: Providers): Subgraph {
  const builder = createSubgraphBuilder({ service: 'identity', log: deps.log, access: deps.access });
  const people = addPerson(builder, deps);
  addViewer(builder, deps, { people, providers });
  addSessions(builder, deps);
  addTokens(builder, deps);
  addInvitations(builder, deps, people);
  return finish(builder);
}
