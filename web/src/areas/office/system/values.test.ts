import { describe, expect, it } from 'vitest'

import { entryOf, typedOf, valueIn, written } from './values.ts'

describe('the value of a parameter', () => {
  it.each([
    ['withdrawal.amount_fen_min', 1_000, '¥10.00'],
    ['withdrawal.fee_bps', 60, '0.6%'],
    ['withdrawal.daily_count_max', 5, '5'],
    ['withdrawal.approval_tiers', [[499_999, 1], [null, 3]], '≤ ¥4,999.99: 1 · ∞: 3'],
    ['contact.phone', '', '—'],
    ['distribution.review', false, '否'],
    ['withdrawal.tax_method', 'PER_PAYMENT', '按次'],
  ])('%s', (name, value, text) => expect(written(name, value, { false: '否', PER_PAYMENT: '按次' })).toBe(text))
})

describe('what is typed of a parameter', () => {
  it.each([
    ['withdrawal.amount_fen_max', 10_000_000, 'money', '100,000.00'],
    ['withdrawal.fee_bps', 60, 'percent', '0.6'],
    ['withdrawal.arrival_days', 3, 'number', '3'],
    ['distribution.review', false, 'choice', 'false'],
    ['withdrawal.tax_method', 'PER_PAYMENT', 'choice', 'PER_PAYMENT'],
    ['contact.hours', '08:00-20:00', 'text', '08:00-20:00'],
    ['approval.tiers', [[null, 3]], 'json', '[[null,3]]'],
  ] as const)('%s goes out and comes back as it was', (name, value, entry, typed) => {
    expect(entryOf(name, value)).toBe(entry)
    expect(typedOf(name, value)).toBe(typed)
    expect(valueIn(entry, typed)).toEqual(value)
  })

  it.each([
    ['money', '1.234'],
    ['percent', 'ten'],
    ['number', '2.5'],
    ['json', '[1,'],
  ] as const)('%s refuses %s', (entry, typed) => expect(valueIn(entry, typed)).toBeUndefined())
})
