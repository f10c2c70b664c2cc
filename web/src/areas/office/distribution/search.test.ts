import { describe, expect, it } from 'vitest'

import { entryOf, wishOf } from './search.ts'

describe('what was typed', () => {
  it.each([
    [' 13800138000 ', { phone: '13800138000' }],
    ['+86 138-0013-8000', { phone: '+86 138-0013-8000' }],
    ['dst_7k3m9pqrs2tv', { id: 'dst_7K3M9PQRS2TV' }],
    ['cus_7K3M9PQRS2TV', { id: 'cus_7K3M9PQRS2TV' }],
    ['7K3M9PQRS2TV', { invite_code: '7K3M9PQRS2TV' }],
    ['7K3M-9PQR-S2TV', { invite_code: '7K3M-9PQR-S2TV' }],
  ])('%s', (typed, wish) => expect(wishOf(typed)).toEqual(wish))
})

describe('an entry of commission', () => {
  it.each([
    ['ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK ', 'cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_7K3M9PQRS2TV_1'],
    ['cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_7K3M9PQRS2TV_2', 'cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_7K3M9PQRS2TV_2'],
  ])('%s', (typed, entry) => expect(entryOf(typed)).toBe(entry))
})
