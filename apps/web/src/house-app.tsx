import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { Provider } from 'urql';
import { createHouseClient } from '#src/graph/client.ts';
import { createLiveConnection } from '#src/live/live-connection.ts';
import { LiveContext } from '#src/live/live-context.ts';
import { createHouseRouter } from '#src/router.tsx';
import { leaveSignedOut } from '#src/session/sign-out.ts';
import { ToastProvider } from '#src/ui/toasts.tsx';
import { WordsProvider } from '#src/words/words.tsx';

/** The whole application: one client, one router, words and toasts. */
export function HouseApp() {
  const [{ client, router, live }] = useState(() => {
    const onSignedOut = () => void leaveSignedOut();
    const client = createHouseClient({ onSignedOut });
    return { client, router: createHouseRouter(client), live: createLiveConnection({ onSignedOut }) };
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
