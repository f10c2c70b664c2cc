/** Is everything that the API lets staff do within reach of a page? */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { PLACES } from './places.ts'
import { ROLES } from './roles.ts'

interface Operation {
  operationId: string
  'x-roles'?: string[]
}
const { paths } = JSON.parse(readFileSync('../docs/openapi.json', 'utf8')) as { paths: Record<string, Record<string, Operation>> }

/** What a page does by another operation, which says or does the same. */
const BY_ANOTHER: Record<string, string> = {
  approve_parameter: 'approve_request', // a proposal waits in the inbox as any request does
  one_verification: 'verifications', // the list holds each of them whole
}

const TABLE = 'src/areas/office/places.ts'

/** The modules of a page: its own, and all that they bring, also when they are needed; not the table of all pages. */
function modulesOf(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file) || file === TABLE) return known
  known.add(file)
  for (const [, wanted] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'((?:@|\.)\/?[^']+\.(?:ts|vue)|\.\.?\/[^']+\.(?:ts|vue))'/g)) {
    modulesOf(wanted?.startsWith('@/') ? join('src', wanted.slice(2)) : join(file, '..', wanted ?? ''), known)
  }
  return known
}

/** `GET /v1/office/orders` for each call of the generated client. */
function callsIn(files: Iterable<string>): Set<string> {
  const calls = [...files].flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/api\.(GET|POST|PUT|DELETE)\(\s*'([^']+)'/g)])
  return new Set(calls.map(([, method, path]) => `${method} ${path}`))
}

const text = readFileSync(TABLE, 'utf8')
const pageOf = (name: string): string => new RegExp(`\\{ name: '${name}',(?!\\n).*import\\('\\./([^']+)'\\)\\) \\}`).exec(text.slice(text.indexOf('export const PLACES')))?.[1] ?? ''
const REACHED = new Map(PLACES.map((place) => [place.name, callsIn(modulesOf(join('src/areas/office', pageOf(place.name))))]))
/** What stands around every place: the outbox of what was not answered, and one's own account. */
const AROUND = callsIn([...modulesOf('src/areas/office/OfficeArea.vue'), ...modulesOf('src/areas/account/MePage.vue'), ...modulesOf('src/areas/account/SecurityPage.vue')])

const OPERATIONS = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { 'x-roles': roles = [] }]) => path.startsWith('/v1/office') && roles.length > 0)
    .map(([method, operation]) => ({ name: operation.operationId, call: `${method.toUpperCase()} ${path}`, roles: operation['x-roles'] ?? [] })),
)
const callOf = (name: string): string => OPERATIONS.find((one) => one.name === name)?.call ?? ''

describe('the office', () => {
  it('is described, and its pages are found', () => {
    expect(OPERATIONS.length).toBeGreaterThan(80)
    expect(readdirSync('src/areas/office').length).toBeGreaterThan(20)
    for (const [name, calls] of REACHED) expect(calls.size, name).toBeGreaterThan(0)
  })

  it.each(OPERATIONS.map((one) => [one.name, one] as const))('S-009 %s is within reach of each role that may do it', (name, { call, roles }) => {
    const wanted = BY_ANOTHER[name] ? callOf(BY_ANOTHER[name]) : call
    expect(wanted, 'what it is done by is described').not.toBe('')
    const without = roles
      .filter((role) => ROLES.some((one) => one === role))
      .filter((role) => !AROUND.has(wanted) && !PLACES.some((place) => [...place.roles, ...(place.also ?? [])].some((one) => one === role) && REACHED.get(place.name)?.has(wanted)))
    expect(without).toEqual([])
  })
})
