/** The places' roles are those that the API declares for what each reads first; letters and addresses are its own. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { addressOf, PLACES, placesFor } from './places.ts'

interface Described {
  paths: Record<string, Record<string, { 'x-roles'?: string[] }>>
}
const described = JSON.parse(readFileSync('../docs/openapi.json', 'utf8')) as Described

test.each(PLACES.filter((place) => place.reads !== null).map((place) => [place.name, place] as const))('%s is for whom the API lets read it', (_, place) => {
  expect([...place.roles].sort()).toEqual(described.paths[place.reads ?? '']?.['get']?.['x-roles'])
})

test('no two places have one address or one letter', () => {
  const letters = PLACES.flatMap((place) => place.letter ?? [])
  expect(new Set(PLACES.map(addressOf)).size).toBe(PLACES.length)
  expect(new Set(letters).size).toBe(letters.length)
})

test('everybody of the office has the overview, and a support sees no approvals', () => {
  const names = placesFor(new Set(['support'])).map((place) => place.name)
  expect(names).toContain('overview')
  expect(names).not.toContain('approvals')
})
