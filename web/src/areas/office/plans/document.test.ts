import { describe, expect, it } from 'vitest'

import { scopeOf } from './document.ts'

describe('the scope of a rule', () => {
  it('is all that is not its id, kind, value and level', () => {
    expect(scopeOf({ rule_id: 'r1', kind: 'PERCENT', value: 80, level: 1, sku_id: 'sku_1', tier: '', regions: [], window: { from: 1 } })).toBe('sku_id=sku_1 · window={"from":1}')
  })

  it('is nothing where the rule holds for all', () => expect(scopeOf({ rule_id: 'r1', kind: 'FIXED', value: 100, level: 2 })).toBe(''))
})
