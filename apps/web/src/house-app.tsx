import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { Provider } from 'urql';
import { createHouseClient } from '#src/graph/client.ts';
import { createLiveConnection } from '#src/live/live-connection.ts';
import { LiveContext } from '#src/live/live-context.ts';
import { createHouseRouter } from '#src/router.tsx';
import { ToastProvider } from '#src/ui/toasts.tsx';
import { WordsProvider } from '#src/words/words.tsx';

/** Pages that nobody needs to be signed in for. */
const publicPages = /^\/(sign-in|register|setup|forgot|reset)$/;

/** A session that ends elsewhere ends here too: a fresh page keeps nothing of it in memory. */
function onSignedOut(): void {
  if (publicPages.test(location.pathname)) return;
  location.assign(`/sign-in?return=${encodeURIComponent(location.pathname + location.search)}`);
}

/** The whole application: one client, one router, words and toasts. */
export function HouseApp() {
  const [{ client, router, live }] = useState(() => {
    const client = createHouseClient({ onSignedOut });
    return { client, router: createHouseRouter(client), live: createLiveConnection() };
  });
  return (
    <WordsProvider>
      <Provider value={client}>
        <LiveContext value={live}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </LiveContext>
      </Provider>
    </WordsProvider>
  );
}
