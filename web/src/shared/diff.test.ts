/** What differs between two documents, place by place. */
import { expect, test } from 'vitest'

import { diffOf, nameIn } from './diff.ts'

test('a changed, an added and a removed value each have their place', () => {
  const before = { price_fen: 49_250, hold_days: { card_sale: 7 }, rules: [{ rate_bps: 300 }], note: 'x', regions: ['53'] }
  const after = { price_fen: 49_000, hold_days: { card_sale: 7 }, rules: [{ rate_bps: 300 }, { rate_bps: 120 }], regions: ['53', '5301'] }
  expect(diffOf(before, after)).toEqual([
    { path: 'price_fen', before: 49_250, after: 49_000, change: 'changed' },
    { path: 'note', before: 'x', after: undefined, change: 'removed' },
    { path: 'regions', before: ['53'], after: ['53', '5301'], change: 'changed' },
    { path: 'rules[1].rate_bps', before: undefined, after: 120, change: 'added' },
  ])
})

test('against nothing everything is added, and equal values are shown when asked for', () => {
  expect(diffOf(null, { value: 5 })).toEqual([{ path: 'value', before: undefined, after: 5, change: 'added' }])
  expect(diffOf({ a: 1 }, { a: 1 })).toEqual([])
  expect(diffOf({ a: 1 }, { a: 1 }, true)).toEqual([{ path: 'a', before: 1, after: 1, change: 'same' }])
})

test.each([
  ['rules[2].rate_bps', 'rate_bps'],
  ['price_fen', 'price_fen'],
  ['value[0][1]', 'value'],
])('%s is called %s', (path, name) => {
  expect(nameIn(path)).toBe(name)
})
