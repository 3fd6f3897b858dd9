import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Tile } from '#src/ui/avatar.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Row } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

export interface SpaceRowSpace {
  nameId: string;
  name: string;
  tagline: string;
  privacy: string;
  memberCount: number;
  myRole: string | null;
}

/** One space in a list. */
export function SpaceRow({ space, action }: { space: SpaceRowSpace; action?: ReactNode }) {
  const words = useWords();
  return (
    <Row className="hover:bg-sunken">
      <Tile name={space.name} large />
      <div className="min-w-0 flex-1 basis-48">
        <Link
          to="/s/$space"
          params={{ space: space.nameId }}
          data-row
          className="font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-xl focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-green"
        >
          {space.name}
        </Link>
        {space.tagline && <p className="truncate text-[0.9rem] text-ink-soft">{space.tagline}</p>}
      </div>
      <div className="flex items-center gap-2 text-[0.867rem] text-ink-soft">
        <span>{words.space.memberCount(space.memberCount)}</span>
        <Tag>{words.space.kind[space.privacy] ?? space.privacy}</Tag>
        {space.myRole && <Tag>{words.roles[space.myRole] ?? space.myRole}</Tag>}
      </div>
      {action && <span className="relative">{action}</span>}
    </Row>
  );
}
