/** What is typed of a product becomes whole fen and basis points, or is told at its field. */
import { expect, test } from 'vitest'

import { bpsOf, EMPTY, mistakesIn, termsOf } from './products.ts'

test.each([
  ['98.5', 9_850],
  ['100', 10_000],
  ['0.01', 1],
  ['200', 20_000],
  ['200.01', null],
  ['0', null],
  ['-1', null],
  ['98.555', null],
])('%s per cent are %s basis points', (typed, bps) => {
  expect(bpsOf(typed)).toBe(bps)
})

test('a product with a face value has a price, one without has a rate', () => {
  const typed = { ...EMPTY, title: ' Petro 500 ', priceFen: 49_250, costFen: 48_500, pricePercent: '98.5', regions: '53, 530102' }
  expect(termsOf(typed, false)).toMatchObject({ title: 'Petro 500', price_fen: 49_250, cost_fen: 48_500, price_bps: 10_000, regions: ['53', '530102'] })
  expect(termsOf(typed, true)).toMatchObject({ price_fen: null, cost_fen: null, price_bps: 9_850, cost_bps: 10_000 })
})

test('what is wrong is told at its field', () => {
  expect(mistakesIn(EMPTY, false)).toEqual({ title: 'nameWrong', priceFen: 'amountWrong' })
  expect(mistakesIn({ ...EMPTY, title: 'x', pricePercent: '300', regions: '5', category: 'a b' }, true)).toEqual({
    pricePercent: 'percentWrong',
    regions: 'regionsWrong',
    category: 'codeWrong',
  })
})
