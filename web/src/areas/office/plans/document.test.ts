import { describe, expect, it } from 'vitest'

import { scopeOf } from './document.ts'

describe('the scope of a rule', () => {
  it('is all that is not its id, kind, value and level, or as usual', () => {
    const rule = { rule_id: 'r1', kind: 'PERCENT', value: 80, level: 1, base: 'PAID', priority: 0, scope: { sku_id: 'sku_1' }, tier: '', regions: [], window: { from: 1 } }
    expect(scopeOf(rule)).toBe('sku_id sku_1 · window {"from":1}')
  })

  it('tells what is not as usual', () => expect(scopeOf({ rule_id: 'r1', kind: 'PERCENT', value: 80, level: 1, base: 'MARGIN', priority: 2 })).toBe('base MARGIN · priority 2'))

  it('is nothing where the rule holds for all', () => expect(scopeOf({ rule_id: 'r1', kind: 'FIXED', value: 100, level: 2 })).toBe(''))
})
