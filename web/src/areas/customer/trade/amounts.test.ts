/** Which amounts are offered first. */
import { describe, expect, it } from 'vitest'

import { amountsFor, usualCard } from './amounts.ts'

const past = (face_fen: number, created_at: string, card = 'crd_A', state = 'COMPLETED', use = 'TOPUP') => ({ face_fen, created_at, card_ids: [card], state, use })
const ORDERS = [past(30_000, '2026-11-09'), past(20_000, '2026-11-08'), past(20_000, '2026-11-07'), past(50_000, '2026-11-06'), past(10_000, '2026-11-05')]

describe('the amounts of a top-up', () => {
  it('begin with what was topped up most, then with what was last; three of them, and common ones', () => {
    expect(amountsFor(ORDERS, 'crd_A', null, true)).toEqual({ own: [20_000, 30_000, 50_000], common: [10_000, 100_000, 200_000] })
  })

  it('S-139 are only common ones for whoever wants no suggestions', () => {
    expect(amountsFor(ORDERS, 'crd_A', null, false)).toEqual({ own: [], common: [10_000, 20_000, 30_000, 50_000, 100_000, 200_000] })
  })

  it('never pass what the card may still take', () => {
    expect(amountsFor(ORDERS, 'crd_A', 25_000, true)).toEqual({ own: [20_000, 10_000], common: [] })
    expect(amountsFor(ORDERS, 'crd_A', 0, true)).toEqual({ own: [], common: [] })
  })

  it('count what went onto this card twice, and neither purchases nor what was never paid', () => {
    const orders = [past(10_000, '2026-11-03', 'crd_B'), past(20_000, '2026-11-02'), past(70_000, '2026-11-04', 'crd_A', 'CLOSED'), past(80_000, '2026-11-05', 'crd_A', 'COMPLETED', 'CARD_SALE')]
    expect(amountsFor(orders, 'crd_A', null, true).own).toEqual([20_000, 10_000])
  })
})

describe('the usual card', () => {
  it('is the one that was topped up last, of those that may be', () => {
    const orders = [past(1, '2026-11-03', 'crd_GONE'), past(1, '2026-11-02', 'crd_B'), past(1, '2026-11-01', 'crd_A')]
    expect(usualCard(orders, ['crd_A', 'crd_B'])).toBe('crd_B')
    expect(usualCard([], ['crd_A'])).toBe('')
  })
})
