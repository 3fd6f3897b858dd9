import { graphql } from '#src/graph/tada.ts';

export const ProjectDocument = graphql(`
  query Project($id: ID!) {
    project(id: $id) {
      id nameId name createdAt
      space { id nameId name }
      environments { id name isDefault apps { id } }
      apps { id nameId name url state environment { id name } newest { id number state createdAt commit commitMessage } }
      may { update createApp remove readVariables writeVariables }
    }
  }
`);

export const AppDocument = graphql(`
  query App($id: ID!) {
    app(id: $id) {
      id nameId name url state createdAt
      project { id nameId name space { id nameId name } }
      environment { id name }
      live { id number state createdAt finishedAt commit commitMessage commitAuthor branch trigger by { id name } }
      newest { id number state reason createdAt finishedAt commit commitMessage commitAuthor branch trigger by { id name } stages { name state startedAt finishedAt } }
      may { deploy cancel rollback update remove readVariables writeVariables readLogs grant manageDomains }
    }
  }
`);

export const DeploymentDocument = graphql(`
  query Deployment($id: ID!) {
    deployment(id: $id) {
      id number state reason reasonCode trigger commit commitMessage commitAuthor branch createdAt finishedAt canRollBackTo isLive
      by { id name }
      stages { name state startedAt finishedAt }
      detection { builder title reasons node commands { install build start } }
      lastLines { position at stage stream text }
      trace { sent lost firstAt lastAt worstMs samples { at ok ms generation } }
    }
  }
`);

export const DeploymentsDocument = graphql(`
  query Deployments($appId: ID!, $after: String) {
    app(id: $appId) {
      id
      deployments(first: 20, after: $after) {
        nodes { id number state reason trigger commit commitMessage commitAuthor branch createdAt finishedAt canRollBackTo isLive by { id name } }
        endCursor hasNextPage
      }
    }
  }
`);

export const AppSettingsDocument = graphql(`
  query AppSettings($id: ID!) {
    app(id: $id) {
      id name
      source { kind url branch commit hasToken deployKey webhookUrl deployHookUrl hasWebhookSecret hasDeployHookToken }
      build { builder installCommand buildCommand startCommand outputFolder rootFolder singlePage }
      runtime { replicas healthPath drainSeconds memoryMb cpuMillis keep }
      isolation { runtime level text }
      subgraph { appId name path state reason adds }
    }
  }
`);
