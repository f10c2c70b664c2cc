/** The overview's cards are for whom the API lets read them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { CARDS } from './shown.ts'

const described = JSON.parse(readFileSync('../docs/openapi.json', 'utf8')) as { paths: Record<string, Record<string, { 'x-roles': string[] }>> }
const PATHS = {
  queues: '/v1/office/overview/queues',
  money: '/v1/office/overview/money',
  trade: '/v1/office/overview/trade',
  risk: '/v1/office/overview/risk',
  margins: '/v1/office/margins',
} as const

test.each(Object.entries(PATHS))('%s is read from %s by its roles', (card, path) => {
  expect([...CARDS[card as keyof typeof CARDS]].sort()).toEqual([...(described.paths[path]?.['get']?.['x-roles'] ?? [])].sort())
})
