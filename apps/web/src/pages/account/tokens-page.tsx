import { KeyRound } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { NewTokenButton } from '#src/pages/account/new-token-button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const TokensDocument = graphql(`
  query Tokens { myTokens { id name prefix scopes createdAt expiresAt lastUsedAt } }
`);
const RevokeDocument = graphql(`
  mutation RevokeToken($id: ID!) { revokeToken(id: $id) }
`);

/** Keys for programs that act as the person. */
export function TokensPage() {
  const words = useWords();
  const text = words.account.tokens;
  const mutate = useMutate();
  const [asked, ask] = useQuery({ query: TokensDocument });
  return (
    <Section title={text.title} note={text.note} actions={<NewTokenButton />}>
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) =>
          data.myTokens.length === 0 ? (
            <Empty icon={<KeyRound aria-hidden />} title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {data.myTokens.map((token) => (
                <Row key={token.id}>
                  <div className="min-w-0 flex-1 basis-56">
                    <p className="flex flex-wrap items-center gap-2 font-medium">
                      {token.name}{' '}
                      <code className="font-mono text-[0.833rem] font-normal text-ink-soft">{token.prefix}…</code>
                    </p>
                    <p className="text-[0.867rem] text-ink-soft">
                      {text.used} <RelativeTime at={token.lastUsedAt} /> ·{' '}
                      {token.expiresAt ? (
                        <>
                          {text.expires} <RelativeTime at={token.expiresAt} />
                        </>
                      ) : (
                        text.never
                      )}
                    </p>
                  </div>
                  <div className="flex flex-wrap gap-1">
                    {token.scopes.length === 0 && <Tag>{text.unlimited}</Tag>}
                    {token.scopes.map((scope) => (
                      <Tag key={scope}>{scope}</Tag>
                    ))}
                  </div>
                  <ConfirmButton
                    small
                    label={text.revoke}
                    title={text.revokeTitle(token.name)}
                    text={text.revokeText}
                    deed={() => mutate(RevokeDocument, { id: token.id })}
                  />
                </Row>
              ))}
            </Rows>
          )
        }
      </QueryView>
    </Section>
  );
}
