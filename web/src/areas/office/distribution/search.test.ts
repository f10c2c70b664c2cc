import { describe, expect, it } from 'vitest'

import { wishOf } from './search.ts'

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
