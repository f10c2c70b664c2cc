/** The form of a plan: what may be typed of each rule and term, where is it wrong, and which document comes of it?
 *
 * Amounts and rates are kept as they are typed; the document has fen and basis points. What the form has no field for
 * is kept as it came. The API checks everything anew; what it refuses is shown beside the rule that it names. */
import { fenOf, yuan } from '@/shared/money.ts'
import { bpsIn } from '../system/values.ts'

export const KINDS = ['PERCENT', 'DIFFERENTIAL', 'FIXED_PER_ORDER', 'FIXED_PER_UNIT', 'LITRES'] as const
export type Kind = (typeof KINDS)[number]
export const BASES: Readonly<Record<Kind, readonly string[]>> = {
  PERCENT: ['PAID', 'MARGIN', 'LIST'],
  DIFFERENTIAL: ['PAID', 'MARGIN', 'LIST'],
  FIXED_PER_ORDER: ['PAID'],
  FIXED_PER_UNIT: ['PAID'],
  LITRES: ['VOLUME'],
}
export const EVENTS = ['CARD_SALE', 'TOPUP', 'CONSUMPTION', 'ADDON'] as const
export const HOLDS = ['card_sale', 'topup', 'consumption', 'addon'] as const
export const SCOPES = ['sku_id', 'category', 'region', 'tier', 'distributor_id', 'campaign_id'] as const
export const CAP_ORDERS = ['NEAREST_FIRST', 'PRO_RATA'] as const
/** 禁止传销条例 art. 7: a third level is never paid. */
export const LEVELS = [1, 2] as const
const HOLD_DAYS_MAX = 365
const NAME = /^[A-Za-z0-9_-]{1,24}$/
const RATES = new Set<string>(['PERCENT', 'DIFFERENTIAL'])
const FAMILIES: Readonly<Record<Kind, string>> = { PERCENT: 'rate', DIFFERENTIAL: 'rate', FIXED_PER_ORDER: 'fixed', FIXED_PER_UNIT: 'fixed', LITRES: 'volume' }

type Document = Readonly<Record<string, unknown>>
type Scope = Record<(typeof SCOPES)[number], string>

export interface RuleForm {
  rule_id: string
  kind: Kind
  value: string
  /** "" is every paid level. */
  level: string
  base: string
  scope: Scope
  starts: string
  ends: string
  priority: string
  lineMax: string
  rest: Document
}

export interface PlanForm {
  plan_id: string
  version: string
  effective: string
  levels: number
  events: string[]
  wallet: boolean
  holds: Record<(typeof HOLDS)[number], string>
  capOrder: string
  lineCap: string
  marginShare: string
  tiers: string
  campaigns: { campaign_id: string; budget: string }[]
  rules: RuleForm[]
  rest: Document
}

const NOWHERE: Scope = { sku_id: '', category: '', region: '', tier: '', distributor_id: '', campaign_id: '' }

export const isRate = (kind: Kind): boolean => RATES.has(kind)

/** A rule nobody has filled in yet, under the first free id. */
export function freshRule(rules: readonly RuleForm[]): RuleForm {
  const known = new Set(rules.map((rule) => rule.rule_id))
  let number = rules.length + 1
  while (known.has(`r${number}`)) number += 1
  return { rule_id: `r${number}`, kind: 'PERCENT', value: '', level: '1', base: 'PAID', scope: { ...NOWHERE }, starts: '', ends: '', priority: '0', lineMax: '', rest: {} }
}

const text = (told: unknown): string => (told === undefined || told === null ? '' : String(told))
const money = (fen: unknown): string => (typeof fen === 'number' ? yuan(fen).slice(1).replaceAll(',', '') : '')
const rate = (bps: unknown): string => (typeof bps === 'number' ? String(bps / 100) : '')
const list = (told: unknown): readonly unknown[] => (Array.isArray(told) ? told : [])
const object = (told: unknown): Document => (typeof told === 'object' && told !== null && !Array.isArray(told) ? (told as Document) : {})

/** 2026-12-01T00:00:00+08:00, as clocks in Shanghai show it and an input of moments takes it. */
function localOf(moment: unknown): string {
  const at = typeof moment === 'string' ? Date.parse(moment) : NaN
  return Number.isNaN(at) ? '' : new Date(at + 8 * 3_600_000).toISOString().slice(0, 16)
}
const momentOf = (local: string): string => `${local}:00+08:00`

function without(document: Document, ...names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)))
}

function ruleOf(told: unknown): RuleForm {
  const rule = object(told)
  const kind = KINDS.find((one) => one === rule['kind']) ?? 'PERCENT'
  const scope = object(rule['scope'])
  return {
    rule_id: text(rule['rule_id']),
    kind,
    value: isRate(kind) ? rate(rule['value']) : money(rule['value']),
    level: text(rule['level']),
    base: text(rule['base']) || (BASES[kind][0] ?? 'PAID'),
    scope: Object.fromEntries(SCOPES.map((name) => [name, text(scope[name])])) as Scope,
    starts: localOf(rule['starts_at']),
    ends: localOf(rule['ends_at']),
    priority: text(rule['priority']) || '0',
    lineMax: money(rule['line_fen_max']),
    rest: without(rule, 'rule_id', 'kind', 'value', 'level', 'base', 'scope', 'starts_at', 'ends_at', 'priority', 'line_fen_max'),
  }
}

export function formOf(document: Document): PlanForm {
  const holds = object(document['hold_days'])
  const usual = { card_sale: 15, topup: 7, consumption: 7, addon: 7 }
  return {
    plan_id: text(document['plan_id']),
    version: text(document['version']) || '1',
    effective: localOf(document['effective_at']),
    levels: Number(document['paid_levels'] ?? 1),
    events: 'events' in document ? list(document['events']).map(String) : ['CARD_SALE', 'TOPUP'],
    wallet: document['wallet_purchase_pays'] === true,
    holds: Object.fromEntries(HOLDS.map((name) => [name, text(holds[name] ?? usual[name])])) as PlanForm['holds'],
    capOrder: text(document['cap_order']) || 'NEAREST_FIRST',
    lineCap: rate(document['line_cap_bps']),
    marginShare: rate(document['margin_share_bps']),
    tiers: list(document['tiers']).join(', '),
    campaigns: list(document['campaigns']).map(object).map((one) => ({ campaign_id: text(one['campaign_id']), budget: money(one['budget_fen']) })),
    rules: list(document['rules']).map(ruleOf),
    rest: without(document, 'plan_id', 'version', 'effective_at', 'paid_levels', 'events', 'wallet_purchase_pays', 'hold_days', 'cap_order', 'line_cap_bps', 'margin_share_bps', 'tiers', 'campaigns', 'rules'),
  }
}

/** The plan in force as the ground of the next one: its own id and moment are to be given. */
export function nextOf(document: Document | null): PlanForm {
  const form = formOf(document ?? {})
  if (!document) return { ...form, rules: [freshRule([])] }
  return { ...form, plan_id: '', effective: '', version: String(Number(form.version) + 1) }
}

export const tiersOf = ({ tiers }: PlanForm): string[] => tiers.split(/[\s,，]+/).filter(Boolean)
const whole = (typed: string): number | null => (/^\d{1,9}$/.test(typed.trim()) ? Number(typed) : null)
const bps = (typed: string): number | null => bpsIn(typed) ?? null
/** What was left empty is not said. */
const said = (name: string, value: unknown, isSaid: boolean): Document => (isSaid ? { [name]: value } : {})

function ruleDocument(rule: RuleForm): Document {
  const scope = Object.fromEntries(SCOPES.map((name) => [name, rule.scope[name].trim()]).filter(([, value]) => value))
  return {
    ...rule.rest,
    rule_id: rule.rule_id,
    kind: rule.kind,
    value: isRate(rule.kind) ? bps(rule.value) : fenOf(rule.value),
    ...said('level', Number(rule.level), rule.level !== ''),
    base: rule.base,
    ...said('scope', scope, Object.keys(scope).length > 0),
    ...said('starts_at', momentOf(rule.starts), rule.starts !== ''),
    ...said('ends_at', momentOf(rule.ends), rule.ends !== ''),
    priority: /^-?\d+$/.test(rule.priority.trim()) ? Number(rule.priority) : null,
    ...said('line_fen_max', fenOf(rule.lineMax), rule.lineMax.trim() !== ''),
  }
}

/** The document of what is typed; what is no number yet stands as null, and the form says so at its place. */
export function documentOf(form: PlanForm): Document {
  const tiers = tiersOf(form)
  return {
    plan_id: form.plan_id.trim(),
    version: whole(form.version),
    effective_at: form.effective ? momentOf(form.effective) : null,
    paid_levels: form.levels,
    events: form.events,
    wallet_purchase_pays: form.wallet,
    hold_days: Object.fromEntries(HOLDS.map((name) => [name, whole(form.holds[name])])),
    cap_order: form.capOrder,
    ...said('line_cap_bps', bps(form.lineCap), form.lineCap.trim() !== ''),
    ...said('margin_share_bps', bps(form.marginShare), form.marginShare.trim() !== ''),
    ...said('tiers', tiers, tiers.length > 0),
    ...said('campaigns', form.campaigns.map((one) => ({ campaign_id: one.campaign_id.trim(), ...said('budget_fen', fenOf(one.budget), one.budget.trim() !== '') })), form.campaigns.length > 0),
    ...form.rest,
    rules: form.rules.map(ruleDocument),
  }
}

export type Mistake = 'name' | 'levels' | 'twice' | 'whole' | 'moment' | 'percent' | 'amount' | 'days' | 'region' | 'window' | 'tier' | 'campaign' | 'earnsTwice' | 'ambiguous' | 'noRule' | 'noEvent' | 'base'
/** By place: `plan_id`, `rules.2.value`. */
export type Mistakes = Readonly<Record<string, Mistake>>

const REGION = /^(?!\d*00$)(\d{2}|\d{4}|\d{6})$/
const isPercent = (typed: string): boolean => (bps(typed) ?? 10_001) <= 10_000

/** Whether two rules may be asked at one moment for one level and say the same scope. */
function areRivals(one: RuleForm, other: RuleForm): boolean {
  const meet = (a: RuleForm, b: RuleForm): boolean => !(a.ends && b.starts && a.ends <= b.starts)
  const sameLevel = one.level === '' || other.level === '' || one.level === other.level
  return sameLevel && meet(one, other) && meet(other, one) && SCOPES.every((name) => one.scope[name].trim() === other.scope[name].trim())
}

function mistakesOfRule(rule: RuleForm, index: number, form: PlanForm): [string, Mistake | false][] {
  const { scope } = rule
  const isTwice = form.rules.some((one, at) => at < index && one.rule_id === rule.rule_id)
  const isAmbiguous = form.rules.some((one, at) => at !== index && areRivals(rule, one) && FAMILIES[rule.kind] !== FAMILIES[one.kind])
  return [
    ['rule_id', !NAME.test(rule.rule_id) ? 'name' : isTwice && 'twice'],
    ['value', isRate(rule.kind) ? !isPercent(rule.value) && 'percent' : fenOf(rule.value) === null && 'amount'],
    ['base', !(BASES[rule.kind] as readonly string[]).includes(rule.base) && 'base'],
    ['region', scope.region.trim() !== '' && !REGION.test(scope.region.trim()) && 'region'],
    ['tier', scope.tier !== '' && !tiersOf(form).includes(scope.tier) && 'tier'],
    ['campaign_id', scope.campaign_id !== '' && !form.campaigns.some((one) => one.campaign_id.trim() === scope.campaign_id) && 'campaign'],
    ['ends', rule.starts !== '' && rule.ends !== '' && rule.starts >= rule.ends && 'window'],
    ['priority', !/^-?\d{1,6}$/.test(rule.priority.trim()) && 'whole'],
    ['lineMax', rule.lineMax.trim() !== '' && fenOf(rule.lineMax) === null && 'amount'],
    ['kind', isAmbiguous && 'ambiguous'],
  ]
}

export function mistakesIn(form: PlanForm): Mistakes {
  const tiers = tiersOf(form)
  const campaigns = form.campaigns.map((one) => one.campaign_id.trim())
  const isRange = (typed: string): boolean => typed.trim() === '' || isPercent(typed)
  const found: [string, Mistake | false][] = [
    ['plan_id', !NAME.test(form.plan_id.trim()) && 'name'],
    ['version', !(whole(form.version) ?? 0) && 'whole'],
    ['effective', form.effective === '' && 'moment'],
    ['levels', !(LEVELS as readonly number[]).includes(form.levels) && 'levels'],
    ['events', form.events.length === 0 && 'noEvent'],
    ['wallet', form.wallet && form.events.includes('TOPUP') && 'earnsTwice'],
    ...HOLDS.map((name): [string, Mistake | false] => [`holds.${name}`, (whole(form.holds[name]) ?? HOLD_DAYS_MAX + 1) > HOLD_DAYS_MAX && 'days']),
    ['lineCap', !isRange(form.lineCap) && 'percent'],
    ['marginShare', !isRange(form.marginShare) && 'percent'],
    ['tiers', !tiers.every((tier) => NAME.test(tier)) ? 'name' : new Set(tiers).size < tiers.length && 'twice'],
    ...form.campaigns.flatMap((one, index): [string, Mistake | false][] => [
      [`campaigns.${index}.id`, !NAME.test(one.campaign_id.trim()) ? 'name' : campaigns.indexOf(one.campaign_id.trim()) < index && 'twice'],
      [`campaigns.${index}.budget`, one.budget.trim() !== '' && fenOf(one.budget) === null && 'amount'],
    ]),
    ['rules', form.rules.length === 0 && 'noRule'],
    ...form.rules.flatMap((rule, index) => mistakesOfRule(rule, index, form).map(([name, mistake]): [string, Mistake | false] => [`rules.${index}.${name}`, mistake])),
  ]
  return Object.fromEntries(found.filter((one): one is [string, Mistake] => one[1] !== false))
}

/** Which rules does a refusal of the API name? */
export function rulesNamed(facts: Document, form: PlanForm): number[] {
  const names = new Set([facts['rule_id'], facts['name'], ...list(facts['rule_ids'])].map(String))
  const tiers = new Set([facts['lower_tier'], facts['higher_tier']].filter(Boolean).map(String))
  return form.rules.flatMap((rule, index) => (names.has(rule.rule_id) || (tiers.has(rule.scope.tier) && rule.kind === 'DIFFERENTIAL') ? [index] : []))
}
