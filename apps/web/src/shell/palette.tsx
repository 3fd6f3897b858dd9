import { type LinkProps, useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { type ReactNode, useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useSession } from '#src/session/session.tsx';
import { signOut } from '#src/session/sign-out.ts';
import { toggleTheme } from '#src/session/theme.ts';
import { Tile } from '#src/ui/avatar.tsx';
import { StateDot } from '#src/ui/status.tsx';
import { useWords } from '#src/words/words.tsx';

const PaletteDocument = graphql(`
  query Palette {
    mySpaces { id nameId name may { createProject } }
    myApps { id nameId name state project { id name space { id name } } }
  }
`);

/** ⌘K: every space, app and action by its name. */
export function Palette({ onDone }: { onDone: () => void }) {
  const words = useWords();
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  const [{ data, error }] = useQuery({ query: PaletteDocument });
  const go = (link: LinkProps) => {
    onDone();
    void navigate(link);
  };
  return (
    <Command label={words.palette.title} loop className="overflow-hidden rounded-2xl bg-raised">
      <Command.Input
        autoFocus
        value={search}
        onValueChange={setSearch}
        placeholder={words.palette.placeholder}
        className="w-full border-b bg-transparent px-5 py-4 text-[1.067rem] outline-none placeholder:text-ink-soft"
      />
      <Command.List className="max-h-[min(24rem,60dvh)] overflow-y-auto p-2">
        {/* All at once: what comes first is chosen, and stays so. */}
        {(data || error) && (
          <>
            <Command.Empty className="px-3 py-8 text-center text-ink-soft">{words.palette.empty}</Command.Empty>
            <Group heading={words.palette.apps}>
              {data?.myApps.map((app) => (
                <Item
                  key={app.id}
                  value={`${app.name} ${app.project.space.name} ${app.id}`}
                  onSelect={() => go({ to: '/a/$appId', params: { appId: app.id } })}
                >
                  <StateDot state={app.state} />
                  <span className="flex-1">{app.name}</span>
                  <span className="text-[0.867rem] text-ink-soft">
                    {app.project.space.name} / {app.project.name}
                  </span>
                </Item>
              ))}
            </Group>
            <Group heading={words.palette.spaces}>
              {data?.mySpaces.map((space) => (
                <Item
                  key={space.id}
                  value={`${space.name} ${space.nameId}`}
                  onSelect={() => go({ to: '/s/$space', params: { space: space.nameId } })}
                >
                  <Tile name={space.name} />
                  {space.name}
                </Item>
              ))}
            </Group>
            <Places go={go} />
            <Deeds onDone={onDone} />
          </>
        )}
      </Command.List>
    </Command>
  );
}

function Places({ go }: { go: (link: LinkProps) => void }) {
  const words = useWords();
  const { viewer } = useSession();
  const places: [string, LinkProps][] = [
    [words.shell.home, { to: '/' }],
    [words.shell.explore, { to: '/spaces' }],
    [words.account.tabs.profile, { to: '/account' }],
    [words.account.tabs.sessions, { to: '/account/sessions' }],
    [words.account.tabs.tokens, { to: '/account/tokens' }],
    ...(viewer.canCreateSpaces ? [[words.shell.newSpace, { to: '/spaces/new' }] as [string, LinkProps]] : []),
    ...(viewer.isOperator
      ? ([
          [words.shell.operator, { to: '/operator' }],
          [words.operator.tabs.invitations, { to: '/operator/invitations' }],
          [words.operator.tabs.services, { to: '/operator/services' }],
          [words.operator.tabs.events, { to: '/operator/events' }],
          [words.operator.tabs.backups, { to: '/operator/backups' }],
          [words.operator.tabs.audit, { to: '/operator/audit' }],
        ] as [string, LinkProps][])
      : []),
  ];
  return (
    <Group heading={words.palette.go}>
      {places.map(([label, link]) => (
        <Item key={label} value={label} onSelect={() => go(link)}>
          {label}
        </Item>
      ))}
    </Group>
  );
}

function Deeds({ onDone }: { onDone: () => void }) {
  const words = useWords();
  const theme = () => {
    onDone();
    toggleTheme();
  };
  return (
    <Group heading={words.palette.act}>
      <Item value={words.shortcuts.theme} onSelect={theme}>
        {words.shortcuts.theme}
      </Item>
      <Item value={words.shell.signOut} onSelect={() => void signOut()}>
        {words.shell.signOut}
      </Item>
    </Group>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-[0.8rem] [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-ink-soft"
    >
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex items-center gap-2.5 rounded-lg px-3 py-2 data-[selected=true]:bg-green-wash data-[selected=true]:text-green-deep"
    >
      {children}
    </Command.Item>
  );
}
