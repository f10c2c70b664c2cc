import { describe, expect, it } from 'vitest'

import { levelText, ruleText, scopeText, termText } from './told.ts'
import zh from './words/zh.ts'

describe('a rule in words', () => {
  it('says what it pays, to whom and where, with no code of the machine', () => {
    const rule = { rule_id: 'r1', kind: 'PERCENT', value: 80, level: 1, base: 'MARGIN', priority: 0, scope: { sku_id: 'sku_1', tier: 'GOLD' }, line_fen_max: 123456 }
    expect(ruleText(rule, zh)).toBe('按比例 0.8% · 1 · 直接推荐人 · 商品 sku_1 · 等级 GOLD · 基数 毛利 · 每行上限 ¥1,234.56')
  })

  it('holds for all where it says nothing else', () => expect(scopeText({ rule_id: 'r1', kind: 'FIXED_PER_UNIT', value: 100, level: 2, base: 'PAID', priority: 0 }, zh)).toBe(''))

  it('is for every level where it names none', () => expect(levelText(undefined, zh)).toBe('每一层'))
})

describe('a term in words', () => {
  it.each([
    ['margin_share_bps', 5_000, '50%'],
    ['paid_levels', 2, '2'],
    ['wallet_purchase_pays', false, '否'],
    ['hold_days', { card_sale: 15 }, '售卡 15 天'],
    ['events', ['CARD_SALE', 'TOPUP'], '售卡 · 充值'],
    ['cap_order', 'NEAREST_FIRST', '先付离买家最近的一层'],
    ['campaigns', { campaign_id: 'c1', budget_fen: 100 }, '预算 ¥1.00'],
    ['line_cap_bps', undefined, '—'],
  ])('%s', (name, told, text) => expect(termText(name, told, zh)).toBe(text))
})
