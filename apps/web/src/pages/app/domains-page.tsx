import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { useApp } from '#src/pages/app/use-app.ts';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { TextField } from '#src/ui/field.tsx';
import { IconLink } from '#src/ui/icon-link.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge, Tag } from '#src/ui/status.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const DomainsDocument = graphql(`
  query Domains($id: ID!) {
    app(id: $id) { id url domains { host isDefault state verification { recordName recordValue } } }
  }
`);
const AddDocument = graphql(`
  mutation AddDomain($appId: ID!, $host: String!) { addDomain(appId: $appId, host: $host) { host state } }
`);
const VerifyDocument = graphql(`
  mutation VerifyDomain($appId: ID!, $host: String!) { verifyDomain(appId: $appId, host: $host) { host state } }
`);
const RemoveDocument = graphql(`
  mutation RemoveDomain($appId: ID!, $host: String!) { removeDomain(appId: $appId, host: $host) }
`);
type Domain = ResultOf<typeof DomainsDocument>['app']['domains'][number];

/** Every address of the app, and the proof that a domain is theirs. */
export function DomainsPage() {
  const words = useWords();
  const text = words.app.domains;
  const app = useApp();
  const [asked, ask] = useQuery({ query: DomainsDocument, variables: { id: app.id } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  return (
    <Section title={text.title} actions={app.may.manageDomains && <AddDomain onDone={refresh} />}>
      <QueryView asked={asked} retry={refresh}>
        {(data) => (
          <Rows label={text.title}>
            {data.app.domains.map((domain) => (
              <DomainRow key={domain.host} domain={domain} href={hrefOf(domain, data.app.url)} onDone={refresh} />
            ))}
          </Rows>
        )}
      </QueryView>
    </Section>
  );
}

function hrefOf(domain: Domain, url: string): string {
  const base = new URL(url);
  return domain.isDefault ? url : `${base.protocol}//${domain.host}${base.port ? `:${base.port}` : ''}`;
}

function AddDomain({ onDone }: { onDone: () => void }) {
  const words = useWords();
  const text = words.app.domains;
  const app = useApp();
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const add = async (field: (name: string) => string) => {
    await mutate(AddDocument, { appId: app.id, host: field('host').toLowerCase() });
    setOpen(false);
    onDone();
  };
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        {text.add}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.add}>
        <DeedForm submit={text.add} deed={add}>
          <TextField
            label={text.host}
            hint={text.hostHint}
            name="host"
            required
            maxLength={253}
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
          />
        </DeedForm>
      </Dialog>
    </>
  );
}

function DomainRow({ domain, href, onDone }: { domain: Domain; href: string; onDone: () => void }) {
  const words = useWords();
  const text = words.app.domains;
  const app = useApp();
  const mutate = useMutate();
  const proven = domain.isDefault || domain.state === 'verified' || domain.state === 'active';
  const remove = async () => {
    await mutate(RemoveDocument, { appId: app.id, host: domain.host });
    onDone();
  };
  return (
    <Row>
      <p className="flex min-w-0 flex-1 basis-56 items-center gap-2 font-mono text-[0.9rem]">
        <span className="min-w-0 break-all">{domain.host}</span> {domain.isDefault && <Tag>{text.default}</Tag>}
      </p>
      <StateBadge state={domain.state} />
      {proven && (
        <IconLink href={href} label={words.app.openAt(href)}>
          <ExternalLink aria-hidden className="size-4" />
        </IconLink>
      )}
      {app.may.manageDomains && !domain.isDefault && (
        <ConfirmButton
          small
          label={text.remove}
          title={text.removeTitle(domain.host)}
          text={text.removeText}
          deed={remove}
        />
      )}
      {!proven && domain.verification && <Proof domain={domain} onDone={onDone} />}
    </Row>
  );
}

function Proof({ domain, onDone }: { domain: Domain; onDone: () => void }) {
  const words = useWords();
  const text = words.app.domains;
  const app = useApp();
  const mutate = useMutate();
  const toast = useToast();
  const verify = useAction(async () => {
    const { verifyDomain } = await mutate(VerifyDocument, { appId: app.id, host: domain.host });
    const done = verifyDomain.state !== 'pending';
    toast(done ? { text: text.verified(domain.host) } : { text: text.notYet, bad: true });
    onDone();
  });
  return (
    <div className="flex basis-full flex-col gap-3 rounded-lg bg-sunken p-4">
      <p className="text-[0.933rem]">{text.proof}</p>
      <CopyLine label={text.recordName} value={domain.verification?.recordName ?? ''} />
      <CopyLine label={text.recordValue} value={domain.verification?.recordValue ?? ''} />
      <ProblemNote problem={verify.problem} />
      {app.may.manageDomains && (
        <div>
          <Button small busy={verify.busy} onClick={() => void verify.run()}>
            {text.verify}
          </Button>
        </div>
      )}
    </div>
  );
}
