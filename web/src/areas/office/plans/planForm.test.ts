import { describe, expect, it } from 'vitest'

import { documentOf, formOf, freshRule, mistakesIn, nextOf, rulesNamed, type PlanForm, type RuleForm } from './planForm.ts'

/** A plan as the API gives it: all fields, moments in UTC. */
const PLAN = {
  plan_id: 'p2026-11',
  version: 3,
  effective_at: '2026-11-30T16:00:00+00:00',
  paid_levels: 2,
  events: ['CARD_SALE', 'TOPUP'],
  wallet_purchase_pays: false,
  hold_days: { card_sale: 15, topup: 7, consumption: 7, addon: 7 },
  cap_order: 'NEAREST_FIRST',
  line_cap_bps: 825,
  margin_share_bps: 5_000,
  tiers: ['SILVER', 'GOLD'],
  campaigns: [{ campaign_id: 'winter', budget_fen: 123_456_789 }],
  entry: { fee_fen: 0, purchase_fen_min: 0, deposit_fen: 0 },
  rules: [
    { rule_id: 'r1', kind: 'PERCENT', value: 80, level: 1, base: 'MARGIN', scope: { region: '5301', sku_id: 'sku_1' }, priority: 2 },
    { rule_id: 'r2', kind: 'FIXED_PER_UNIT', value: 150, base: 'PAID', scope: { campaign_id: 'winter' }, starts_at: '2026-12-01T00:00:00+00:00', ends_at: '2026-12-31T16:00:00+00:00', priority: 0, line_fen_max: 5_000 },
  ],
}
/** The same moments as the form writes them. */
const written = { ...PLAN, effective_at: '2026-12-01T00:00:00+08:00', rules: [PLAN.rules[0], { ...PLAN.rules[1], starts_at: '2026-12-01T08:00:00+08:00', ends_at: '2027-01-01T00:00:00+08:00' }] }

const at = (form: PlanForm, index: number): RuleForm => form.rules[index] as RuleForm
const changed = (change: (form: PlanForm) => void): PlanForm => {
  const form = formOf(PLAN)
  change(form)
  return form
}

describe('the form of a plan', () => {
  it('says what the document says, and the same comes back', () => {
    const form = formOf(PLAN)
    expect(form.effective).toBe('2026-12-01T00:00')
    expect([form.lineCap, form.marginShare, form.rules[0]?.value, form.rules[1]?.value]).toEqual(['8.25', '50', '0.8', '1.50'])
    expect(documentOf(form)).toEqual(written)
    expect(documentOf(formOf(documentOf(form)))).toEqual(written)
    expect(mistakesIn(form)).toEqual({})
  })

  it('leaves out what is empty: no cap, no window, every level', () => {
    const document = documentOf(changed((form) => {
      Object.assign(form, { lineCap: '', marginShare: ' ', tiers: '', campaigns: [] })
      form.rules = [{ ...freshRule([]), value: '1', level: '' }]
    }))
    expect(Object.keys(document).sort()).toEqual(['cap_order', 'effective_at', 'entry', 'events', 'hold_days', 'paid_levels', 'plan_id', 'rules', 'version', 'wallet_purchase_pays'])
    expect(document['rules']).toEqual([{ rule_id: 'r1', kind: 'PERCENT', value: 100, base: 'PAID', priority: 0 }])
  })

  it('keeps what it has no field for', () => expect(documentOf(formOf({ ...PLAN, later: { a: 1 } }))['later']).toEqual({ a: 1 }))

  it('begins with the plan in force, one version on, without its name and moment', () => {
    const next = nextOf(PLAN)
    expect([next.plan_id, next.effective, next.version]).toEqual(['', '', '4'])
    expect(Object.keys(mistakesIn(next))).toEqual(['plan_id', 'effective'])
  })

  it('begins with one empty rule where there is no plan', () => expect(nextOf(null).rules.map((rule) => rule.rule_id)).toEqual(['r1']))

  it('gives a new rule a free id', () => expect(freshRule([{ ...freshRule([]), rule_id: 'r2' }]).rule_id).toBe('r3'))
})

describe('a mistake stands at its place', () => {
  it.each<[string, (form: PlanForm) => void, Record<string, string>]>([
    ['a name that is none', (form) => (form.plan_id = 'p 1'), { plan_id: 'name' }],
    ['a version of none', (form) => (form.version = '0'), { version: 'whole' }],
    ['a third level', (form) => (form.levels = 3), { levels: 'levels' }],
    ['no sale that pays', (form) => (form.events = []), { events: 'noEvent' }],
    ['money that earns twice', (form) => (form.wallet = true), { wallet: 'earnsTwice' }],
    ['too long a hold', (form) => (form.holds.topup = '366'), { 'holds.topup': 'days' }],
    ['more than all of the margin', (form) => (form.marginShare = '100.01'), { marginShare: 'percent' }],
    ['a tier twice', (form) => (form.tiers = 'GOLD GOLD'), { tiers: 'twice' }],
    ['a budget that is no amount', (form) => (form.campaigns = [{ campaign_id: 'winter', budget: 'much' }]), { 'campaigns.0.budget': 'amount' }],
    ['no rule', (form) => (form.rules = []), { rules: 'noRule' }],
    ['a rule’s id twice', (form) => (at(form, 1).rule_id = 'r1'), { 'rules.1.rule_id': 'twice' }],
    ['a rate above 100', (form) => (at(form, 0).value = '101'), { 'rules.0.value': 'percent' }],
    ['an amount that is none', (form) => (at(form, 1).value = ''), { 'rules.1.value': 'amount' }],
    ['a region with zeros', (form) => (at(form, 0).scope.region = '530000'), { 'rules.0.region': 'region' }],
    ['a tier nobody has', (form) => (at(form, 0).scope.tier = 'IRON'), { 'rules.0.tier': 'tier' }],
    ['a campaign that is not there', (form) => (form.campaigns = []), { 'rules.1.campaign_id': 'campaign' }],
    ['a window that is empty', (form) => (at(form, 1).ends = at(form, 1).starts), { 'rules.1.ends': 'window' }],
    ['a base that the kind has not', (form) => (at(form, 1).base = 'MARGIN'), { 'rules.1.base': 'base' }],
  ])('%s', (_, change, told) => expect(mistakesIn(changed(change))).toEqual(told))

  it('two kinds of pay for one scope, level and time', () => {
    const form = changed((one) => (at(one, 1).scope = { ...at(one, 0).scope }))
    expect(mistakesIn(form)).toEqual({ 'rules.0.kind': 'ambiguous', 'rules.1.kind': 'ambiguous' })
    at(form, 0).ends = '2026-12-01T08:00'
    expect(mistakesIn(form)).toEqual({}) // one after the other
  })
})

describe('a refusal of the API', () => {
  it.each<[Record<string, unknown>, number[]]>([
    [{ rule_id: 'r2', reason: 'the window is empty' }, [1]],
    [{ rule_ids: ['r1', 'r2'] }, [0, 1]],
    [{ name: 'r1', value: 20_000 }, [0]],
    [{ path: 'hold_days' }, []],
  ])('%o names rules %o', (facts, rules) => expect(rulesNamed(facts, formOf(PLAN))).toEqual(rules))
})
