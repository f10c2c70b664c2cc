/** Budgets: what must a phone load before the first page of an area is there? Counted from the built files. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

interface Chunk {
  file: string
  src?: string
  imports?: string[]
  css?: string[]
}

type Manifest = Record<string, Chunk>

/** Each first route: the modules that it needs at once, and how many KiB of gzipped script they may be. */
const ROUTES = [
  { name: 'sign-in', script: 60, modules: ['src/areas/door/SignIn.vue', 'src/areas/door/words/zh.ts'] },
  { name: 'customer', script: 60, modules: ['src/areas/customer/CustomerArea.vue', 'src/areas/customer/HomePage.vue', 'src/areas/customer/words/zh.ts'] },
  { name: 'distributor', script: 80, modules: ['src/areas/distributor/pages.ts', 'src/areas/distributor/DistributorArea.vue', 'src/areas/distributor/FirstPage.vue', 'src/areas/distributor/words/zh.ts'] },
  { name: 'office', script: 120, modules: ['src/areas/office/OfficeArea.vue', 'src/areas/office/layout.ts', 'src/areas/office/overview/OverviewPage.vue', 'src/areas/office/words/zh.ts'] },
]
const ALWAYS = ['index.html', 'src/shared/words/zh.ts']
const STYLE_MAX = 10

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8')) as Manifest

function gathered(names: readonly string[], known = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`${name} is not among the built files`)
    if (known.has(name)) continue
    known.add(name)
    gathered(chunk.imports ?? [], known)
  }
  return known
}

function kib(files: Iterable<string>): number {
  let bytes = 0
  for (const file of new Set(files)) bytes += gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length
  return bytes / 1024
}

let broken = 0
for (const { name, script, modules } of ROUTES) {
  const chunks = [...gathered([...ALWAYS, ...modules])].map((module) => manifest[module]).filter((chunk) => chunk !== undefined)
  const scripts = kib(chunks.map((chunk) => chunk.file))
  const styles = kib(chunks.flatMap((chunk) => chunk.css ?? []))
  const held = scripts <= script && styles <= STYLE_MAX
  if (!held) broken += 1
  console.log(`${held ? 'held  ' : 'BROKEN'} ${name.padEnd(12)} script ${scripts.toFixed(1)} of ${script} KiB, style ${styles.toFixed(1)} of ${STYLE_MAX} KiB`)
}
process.exitCode = broken ? 1 : 0
