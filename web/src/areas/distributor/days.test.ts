import { describe, expect, it } from 'vitest'

import { frozenDays, isoDay, releaseDay, sumOf } from './days.ts'

describe('frozen money', () => {
  const frozen = { '20261208': 900, risk: 50, '20261201': 478, '20261202': 0 }

  it('is listed by its day, the next one first, what is looked into last', () => {
    expect(frozenDays(frozen)).toEqual([
      { release: '20261201', fen: 478 },
      { release: '20261208', fen: 900 },
      { release: 'risk', fen: 50 },
    ])
    expect(sumOf(frozen)).toBe(1_428)
  })

  it('has a business date, or none while it is looked into', () => {
    expect(isoDay('20261208')).toBe('2026-12-08')
    expect(releaseDay('20261208')).toContain('2026')
    expect(releaseDay('risk')).toBe('')
  })
})
