import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/build/' : '/',
  publicDir: false,
  // outside the project: several stacks may run from the same folder
  cacheDir: join(tmpdir(), 'primehub-vite'),
  build: {
    outDir: 'public/build',
    emptyOutDir: true,
    manifest: 'manifest.json',
    rollupOptions: { input: 'resources/js/app.js' },
  },
  server: {
    host: '0.0.0.0',
    port: 5173,
    strictPort: true,
    // A path of its own, as "/" is Laravel's. The client takes host and port from the page, whatever they are.
    hmr: { path: '/@vite/ws' },
    // the names by which the other containers call
    allowedHosts: ['nginx', 'node'],
    watch: { ignored: ['**/storage/**', '**/public/**', '**/bootstrap/cache/**', '**/docker/**'] },
  },
}));
