import { Signpost } from 'lucide-react';
import { ButtonLink } from '#src/ui/button.tsx';
import { Empty } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** An address that leads nowhere. */
export function Lost() {
  const words = useWords();
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <h1 className="sr-only">{words.problems.notFoundTitle}</h1>
      <Empty
        icon={<Signpost aria-hidden />}
        title={words.problems.notFoundTitle}
        text={words.problems.notFound}
        action={<ButtonLink to="/">{words.problems.goHome}</ButtonLink>}
      />
    </main>
  );
}
