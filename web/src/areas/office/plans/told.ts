/** Told: what does a rule or a term of a plan say in words? */
import { percent, yuan } from '@/shared/money.ts'
import { moment } from '@/shared/time.ts'
import type { Rule } from './document.ts'
import type { PlansWords } from './words/zh.ts'

const RATES = new Set(['PERCENT', 'DIFFERENTIAL'])
/** What a rule has where nobody said otherwise. */
const USUAL: Readonly<Record<string, unknown>> = { base: 'PAID', priority: 0 }
const FIRST = new Set(['rule_id', 'kind', 'value', 'level'])

export function valueText({ kind, value }: Rule): string {
  return RATES.has(kind) ? percent(value) : yuan(value)
}

export function levelText(level: number | null | undefined, words: PlansWords): string {
  return level ? `${level} · ${words.nth(level)}` : words.everyLevel
}

/** Where and when a rule holds: `商品 sku_1 · 等级 GOLD`; "" where it holds for all. */
export function scopeText(rule: Rule, words: PlansWords): string {
  const { scope, ...rest } = rule
  return Object.entries({ ...(scope as object | undefined), ...rest })
    .filter(([name, told]) => !FIRST.has(name) && told !== USUAL[name] && told !== null && told !== undefined && told !== '' && !(rule.kind === 'LITRES' && name === 'base'))
    .map(([name, told]) => `${words.scopes[name] ?? name} ${partText(name, told, words)}`)
    .join(' · ')
}

function partText(name: string, told: unknown, words: PlansWords): string {
  if (name === 'base') return words.bases[String(told)] ?? String(told)
  if (typeof told === 'number' && /_fen(_|$)/.test(name)) return yuan(told)
  if (typeof told === 'string' && name.endsWith('_at')) return moment(told)
  return typeof told === 'object' ? JSON.stringify(told) : String(told)
}

export function ruleText(rule: Rule, words: PlansWords): string {
  return [`${words.kinds[rule.kind] ?? rule.kind} ${valueText(rule)}`, levelText(rule.level, words), scopeText(rule, words)].filter(Boolean).join(' · ')
}

/** The value of a term by its name; "—" where it is not there. */
export function termText(name: string, told: unknown, words: PlansWords): string {
  if (told === undefined || told === null) return '—'
  if (name === 'rules') return ruleText(told as Rule, words)
  if (name === 'campaigns') return campaignText(told as { budget_fen?: number }, words)
  if (name === 'hold_days') return Object.entries(told).map(([event, days]) => `${words.eventNames[event] ?? event} ${words.days(Number(days))}`).join(' · ')
  if (name === 'events') return (told as string[]).map((event) => words.eventNames[event] ?? event).join(' · ')
  if (typeof told === 'boolean') return told ? words.yes : words.no
  if (typeof told === 'number') return /_bps$/.test(name) ? percent(told) : String(told)
  if (Array.isArray(told)) return told.join(' · ')
  return typeof told === 'string' ? (words.capOrders[told] ?? told) : JSON.stringify(told)
}

function campaignText({ budget_fen }: { budget_fen?: number }, words: PlansWords): string {
  return budget_fen === undefined ? words.noBudget : `${words.form.budget} ${yuan(budget_fen)}`
}
