import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { documentIds } from './dev/document-ids.ts';

/** Where `vite` (development only) finds a running house; the built app is served by the gateway itself. */
const house = 'http://127.0.0.1:4600';

export default defineConfig({
  plugins: [documentIds(), react(), tailwindcss()],
  build: {
    target: 'es2022',
    // The content security policy allows no data: fonts or inline scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(
      ['/graphql', '/auth', '/api', '/hooks', '/realtime'].map((path) => [
        path,
        { target: house, ws: path === '/realtime' },
      ]),
    ),
  },
});
