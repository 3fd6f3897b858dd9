import { useEffect, useRef } from 'react';
import { useLive } from '#src/live/live-context.ts';

/** How long changes are gathered before the page asks again: many events, one question. */
const gatherMs = 250;
const maxFollowed = 40;

/** Asks again whenever one of these apps changes: a deployment's state, an instance, a domain. */
export function useLiveApps(ids: string[], refresh: () => void): void {
  const live = useLive();
  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  });
  const key = ids.slice(0, maxFollowed).join(' ');
  useEffect(() => {
    if (!key) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, gatherMs);
    };
    const stops = key.split(' ').map((id, index, all) =>
      live.follow({
        topic: 'app',
        id,
        onEvent: soon,
        // Rooms are joined in order. What happened between the page's question and the last of them is asked once.
        ...(index === all.length - 1 && { onJoined: soon }),
      }),
    );
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [live, key]);
}
