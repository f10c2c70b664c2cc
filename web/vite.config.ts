/** How the app is built: one page, an area a chunk, nothing inline, so that the strictest policy holds. */
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const API = process.env['FORECOURT_API'] ?? 'http://localhost:8080'

const PARTS =
  'AppButton|AppDialog|ConnectionBanner|FormField|MoneyText|PageHead|PagePanel|ReadState|SessionWatch|StateChip|TroubleNote'
const FRAME = new RegExp(
  [
    String.raw`node_modules\/(@vue|vue|vue-router|openapi-fetch|ulid)\/`,
    String.raw`\/icon\.svg|src\/(router|TheApp)|src\/areas\/(\w+\/(routes|words\/index)|customer\/(trade|cards)\/words\/index)\.ts`,
    String.raw`src\/shared\/(api\/|styles\/|session\/(session|device|home)|connection|preferences|reads|money|time|words\/(index|words)\.ts)`,
    String.raw`src\/shared\/ui\/(${PARTS})\.vue`,
  ].join('|'),
)

/** What the customer's and the distributor's pages stand in; what every page of a customer needs, the first one with
 * it; what every order is paid with. What other areas need as well stays apart. */
const TOGETHER = [
  { name: 'shell', test: /src\/shared\/ui\/Area(Shell|Switch)\.vue|@lucide\/vue\/dist\/esm\/icons\/(chevron-right|house|user-round)\./ },
  { name: 'customer', test: /src\/areas\/customer\/(CustomerArea|HomePage|FuelCard|home\/CardRow|products|reads)\.(vue|ts)/, includeDependenciesRecursively: false },
  { name: 'paying', test: /src\/areas\/customer\/trade\/(AmountChoice|Intent|OrderFacts|RefundRule|PayWay|again|naming|paying|quote)/, includeDependenciesRecursively: false },
]

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
    // What every first page needs stands in one file: two dozen small ones weigh a tenth more, and are asked for one by one.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'frame', test: FRAME }, ...TOGETHER] } } },
  },
  server: { host: '127.0.0.1', proxy: { '/v1': API, '/local': API } },
})
