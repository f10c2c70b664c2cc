import { describe, expect, it } from 'vitest'

import { fenOf, percent, signedYuan, yuan } from './money.ts'

describe('money', () => {
  it.each([
    [0, '¥0.00'],
    [5, '¥0.05'],
    [10_000, '¥100.00'],
    [123_456_789, '¥1,234,567.89'],
    [-120, '−¥1.20'],
    [1_000_000_000_000, '¥10,000,000,000.00'],
  ])('%d fen are written %s', (fen, text) => expect(yuan(fen)).toBe(text))

  it('a gain has its sign in a statement', () => expect(signedYuan(120)).toBe('+¥1.20'))

  it.each([
    [120, '1.2%'],
    [100, '1%'],
    [6000, '60%'],
    [5, '0.05%'],
  ])('%d basis points are %s', (bps, text) => expect(percent(bps)).toBe(text))

  it.each([
    ['100', 10_000],
    ['100.5', 10_050],
    ['0.07', 7],
    ['¥1,234.56', 123_456],
    ['￥ 88', 8_800],
    ['1，000', 100_000],
  ])('%s is %d fen', (typed, fen) => expect(fenOf(typed)).toBe(fen))

  it.each(['', 'ten', '1.234', '-5', '1e3', '12345678901', '1.', '.5'])('%s is no amount', (typed) =>
    expect(fenOf(typed)).toBeNull(),
  )

  it('every amount that is written is read back', () => {
    for (const fen of [1, 99, 100, 101, 12_345, 99_999_999]) expect(fenOf(yuan(fen))).toBe(fen)
  })
})
