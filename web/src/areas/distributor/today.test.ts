import { describe, expect, it } from 'vitest'

import { earnedToday } from './today.ts'

describe('the money of today', () => {
  it('counts from midnight in Shanghai, and takes off what was taken back', () => {
    const entries = [
      { at: '2026-11-30T16:00:00Z', amount_fen: 120, action: 'COMMISSION' },
      { at: '2026-11-30T17:00:00Z', amount_fen: 238, action: 'COMMISSION' },
      { at: '2026-11-30T18:00:00Z', amount_fen: -120, action: 'COMMISSION_REVERSAL' },
      { at: '2026-11-30T15:59:59Z', amount_fen: 900, action: 'COMMISSION' },
    ]
    expect(earnedToday(entries, Date.parse('2026-11-30T19:00:00Z'))).toEqual({ fen: 238, count: 2 })
  })
})
