import { describe, expect, it } from 'vitest'

import { written } from './values.ts'

describe('the value of a parameter', () => {
  it.each([
    ['withdrawal.amount_fen_min', 1_000, '¥10.00'],
    ['withdrawal.fee_bps', 60, '0.6%'],
    ['withdrawal.daily_count_max', 5, '5'],
    ['withdrawal.approval_tiers', [[499_999, 1], [null, 3]], '≤ ¥4,999.99: 1 · ∞: 3'],
    ['contact.phone', '', '—'],
    ['distribution.review', false, 'false'],
  ])('%s', (name, value, text) => expect(written(name, value)).toBe(text))
})
