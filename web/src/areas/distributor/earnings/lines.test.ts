import { describe, expect, it } from 'vitest'

import { whatOf, type What } from './lines.ts'

describe('a line of the account', () => {
  it.each<[string, Record<string, number>, What]>([
    ['dst_A/rel_20261201_3', { available_fen: 478 }, 'release'],
    ['dst_A/wdr_K1', { available_fen: -300, held_fen: 300 }, 'request'],
    ['dst_A/wdr_K1#2', { available_fen: 300, held_fen: -300 }, 'back'],
    ['dst_A/wdr_K1#4', { held_fen: -300 }, 'paid'],
    ['dst_A/wdr_K1#3', {}, 'state'],
    ['dst_A/cme_K_1#rref', { available_fen: -120 }, 'clawback'],
    ['', {}, 'other'],
  ])('%s with %o is %s', (record, deltas, what) => {
    expect(whatOf({ record, deltas })).toBe(what)
  })
})
