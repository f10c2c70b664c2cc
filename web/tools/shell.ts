/** Writes dist/sw.js: every file of the app is there without a network; whatever is of the API never is. */
import { generateSW } from 'workbox-build'

const { count, size, warnings } = await generateSW({
  globDirectory: 'dist',
  globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
  globIgnores: ['sw.js'],
  swDest: 'dist/sw.js',
  navigateFallback: '/index.html',
  navigateFallbackDenylist: [/^\/v1\//, /^\/local\//],
  inlineWorkboxRuntime: true,
  sourcemap: false,
  // A new version waits until every page of the old one is closed: nobody loses what is being sent.
  skipWaiting: false,
  clientsClaim: true,
})
for (const warning of warnings) console.warn(warning)
console.log(`the shell keeps ${count} files, ${Math.round(size / 1024)} KiB`)
