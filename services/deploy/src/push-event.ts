/**
 * What Git servers send when somebody pushes: whose format it is, whether it is genuine, and what it says. Pure.
 * Sources: the webhook documentation of GitHub, GitLab, Gitea/Forgejo and Bitbucket.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { branchProblem } from '#src/source/source-url.ts';

export type Forge = 'github' | 'gitlab' | 'gitea' | 'bitbucket';

export interface Delivery {
  readonly forge: Forge;
  /** Its own id for this delivery; empty where it sent none. */
  readonly id: string;
  readonly kind: 'push' | 'ping' | 'other';
}

type HeaderReader = { get(name: string): string | null };

/** Whose delivery it is. Gitea and Forgejo also send GitHub's headers, so they are looked for first. */
export function readDelivery(headers: HeaderReader): Delivery | undefined {
  const gitea = headers.get('x-gitea-event') ?? headers.get('x-forgejo-event');
  if (gitea) {
    const id = headers.get('x-gitea-delivery') ?? headers.get('x-forgejo-delivery') ?? '';
    return { forge: 'gitea', id, kind: gitea === 'push' ? 'push' : 'other' };
  }
  const gitlab = headers.get('x-gitlab-event');
  if (gitlab) {
    const id = headers.get('idempotency-key') ?? headers.get('x-gitlab-event-uuid') ?? '';
    return { forge: 'gitlab', id, kind: gitlab === 'Push Hook' || gitlab === 'Tag Push Hook' ? 'push' : 'other' };
  }
  const bitbucket = headers.get('x-event-key');
  if (bitbucket) {
    const kind =
      bitbucket === 'repo:push' || bitbucket === 'repo:refs_changed'
        ? 'push'
        : bitbucket === 'diagnostics:ping'
          ? 'ping'
          : 'other';
    return { forge: 'bitbucket', id: headers.get('x-request-uuid') ?? headers.get('x-request-id') ?? '', kind };
  }
  const github = headers.get('x-github-event');
  if (!github) return undefined;
  return {
    forge: 'github',
    id: headers.get('x-github-delivery') ?? '',
    kind: github === 'push' ? 'push' : github === 'ping' ? 'ping' : 'other',
  };
}

/** Whether the sender knows the secret: HMAC-SHA-256 over the raw body, or (GitLab) the secret itself. */
export function isGenuine(forge: Forge, headers: HeaderReader, body: Uint8Array, secret: string): boolean {
  if (forge === 'gitlab') return sameText(headers.get('x-gitlab-token') ?? '', secret);
  const given =
    forge === 'gitea'
      ? (headers.get('x-gitea-signature') ?? headers.get('x-forgejo-signature') ?? '')
      : withoutScheme(headers.get(forge === 'github' ? 'x-hub-signature-256' : 'x-hub-signature') ?? '');
  return sameText(given.toLowerCase(), createHmac('sha256', secret).update(body).digest('hex'));
}

/** Compares in a time that does not depend on where two texts differ. */
export function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return expected !== '' && timingSafeEqual(digest(given), digest(expected));
}

export interface Push {
  readonly ref: { readonly kind: 'branch' | 'tag'; readonly name: string };
  /** Absent: the branch was removed. */
  readonly commit: string | undefined;
  readonly message: string;
  readonly author: string;
}

const commitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const person = z
  .object({ name: z.string().optional().catch(undefined) })
  .optional()
  .catch(undefined);
const commit = z
  .object({ id: z.string(), message: z.string().catch(''), author: person })
  .optional()
  .catch(undefined);

const commonShape = z.object({
  ref: z.string(),
  after: commitId,
  checkout_sha: commitId.nullish().catch(undefined),
  head_commit: z
    .object({ id: z.string().optional(), message: z.string().catch(''), author: person })
    .nullish()
    .catch(undefined),
  commits: z.array(commit).max(5000).nullish().catch(undefined),
});

const bitbucketShape = z.object({
  push: z.object({
    changes: z
      .array(
        z.object({
          new: z
            .object({
              type: z.string(),
              name: z.string(),
              target: z.object({
                hash: z.string().regex(/^[0-9a-f]{40}$/),
                message: z.string().catch(''),
                author: z
                  .object({ raw: z.string().catch('') })
                  .optional()
                  .catch(undefined),
              }),
            })
            .nullable(),
          old: z.object({ type: z.string(), name: z.string() }).nullish(),
        }),
      )
      .max(1000),
  }),
});

/** Every branch or tag that a delivery says was pushed; or why it cannot be read. */
export function readPushes(forge: Forge, body: string): readonly Push[] | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { problem: 'the body is not JSON. Choose application/json in the settings of the webhook.' };
  }
  const pushes = forge === 'bitbucket' ? readBitbucket(json) : readCommon(json);
  if (!pushes) return { problem: 'it is not the push event of this Git server.' };
  const odd = pushes.find((push) => branchProblem(push.ref.name) !== undefined);
  return odd ? { problem: 'the name of its branch is not one that git allows.' } : pushes;
}

function readCommon(json: unknown): Push[] | undefined {
  const parsed = commonShape.safeParse(json);
  if (!parsed.success) return undefined;
  const { ref, after, head_commit: head, commits } = parsed.data;
  const name = /^refs\/(heads|tags)\/(.+)$/s.exec(ref);
  if (!name) return undefined;
  const last = head ?? commits?.findLast((each) => each?.id === after) ?? commits?.at(-1);
  return [
    {
      ref: { kind: name[1] === 'heads' ? 'branch' : 'tag', name: name[2]! },
      commit: /^0+$/.test(after) ? undefined : after,
      message: firstLine(last?.message),
      author: (last?.author?.name ?? '').slice(0, 200),
    },
  ];
}

function readBitbucket(json: unknown): Push[] | undefined {
  const parsed = bitbucketShape.safeParse(json);
  if (!parsed.success) return undefined;
  return parsed.data.push.changes.flatMap((change) => {
    const named = change.new ?? change.old;
    if (!named) return [];
    return [
      {
        ref: { kind: named.type === 'tag' ? ('tag' as const) : ('branch' as const), name: named.name },
        commit: change.new?.target.hash,
        message: firstLine(change.new?.target.message),
        author: (change.new?.target.author?.raw ?? '').replace(/\s*<[^>]*>$/, '').slice(0, 200),
      },
    ];
  });
}

/** `[skip ci]` and its kin anywhere in the commit's message. */
export function asksToSkip(message: string): boolean {
  return /\[(?:skip (?:ci|deploy)|(?:ci|deploy) skip|no deploy)\]/i.test(message);
}

/** Whether an app that follows `branch` (empty: `defaultBranch` as the forge says, else any) takes this push. */
export function takesPush(push: Push, branch: string, defaultBranch: string | undefined): boolean {
  if (push.commit === undefined) return false;
  const followed = branch || defaultBranch;
  if (followed) return push.ref.name === followed;
  return push.ref.kind === 'branch' && (push.ref.name === 'main' || push.ref.name === 'master');
}

/** The repository's default branch, where the delivery names it. */
export function readDefaultBranch(body: string): string | undefined {
  try {
    const json = JSON.parse(body) as {
      repository?: { default_branch?: unknown; mainbranch?: { name?: unknown } };
      project?: { default_branch?: unknown };
    };
    const name = json.repository?.default_branch ?? json.project?.default_branch ?? json.repository?.mainbranch?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** What a delivery is remembered by: a second one with the same id or the same body is a replay. */
export function deliveryKeys(delivery: Delivery, body: Uint8Array): string[] {
  const digest = createHash('sha256').update(body).digest('hex');
  return [...(delivery.id ? [`id:${delivery.forge}:${delivery.id.slice(0, 200)}`] : []), `body:${digest}`];
}

/** The message whole enough to find `[skip ci]`, cut to what is shown later. */
function firstLine(message: string | undefined): string {
  return (message ?? '').slice(0, 2000);
}

function withoutScheme(signature: string): string {
  return /^sha256=/i.test(signature) ? signature.slice(7) : '';
}
