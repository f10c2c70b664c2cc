/** How the app is built: one page, an area a chunk, nothing inline, so that the strictest policy holds. */
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const API = process.env['FORECOURT_API'] ?? 'http://localhost:8080'

/** What every first page needs, in one file: it packs better, and asks a bad network once. */
const PARTS = 'AppButton|AppDialog|AreaShell|ConnectionBanner|FormField|MoneyText|PageHead|PagePanel|ReadState|SessionWatch|StateChip|TroubleNote'
const BASE = new RegExp(
  String.raw`node_modules/(@?vue|vue-router|openapi-fetch|ulid|@lucide/vue/dist/esm/(Icon|create|context|shared))|src/(router|TheApp)|src/shared/(api|session/(session|device|home)|reads|money|time|connection|preferences|shell|words/(index|words)\.ts|ui/(${PARTS}))|areas/\w+/(routes|words/index)\.ts|plugin-vue:export-helper|vite/preload-helper`,
)

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: BASE }] } } },
  },
  server: { host: '127.0.0.1', proxy: { '/v1': API, '/local': API } },
})
