/** The document of a plan: what of it do people read first? Everything else of a rule is its scope. */

export interface Rule {
  rule_id: string
  kind: string
  value: number
  level: number
  [scope: string]: unknown
}

export interface PlanDocument {
  plan_id?: string
  paid_levels?: number
  margin_share_bps?: number
  hold_days?: Record<string, number>
  events?: string[]
  rules?: Rule[]
  [other: string]: unknown
}

const NAMED = new Set(['rule_id', 'kind', 'value', 'level'])

/** What a rule has where nobody said otherwise. */
const USUAL: Record<string, unknown> = { base: 'PAID', priority: 0 }

/** The scope of a rule as text: `sku_id sku_named_100 · tier GOLD`; "" where it holds for all. */
export function scopeOf(rule: Rule): string {
  const { scope, ...rest } = rule
  return Object.entries({ ...(scope as unknown as object | undefined), ...rest })
    .filter(([name, told]) => !NAMED.has(name) && told !== USUAL[name] && !isEmpty(told))
    .map(([name, told]) => `${name} ${typeof told === 'string' ? told : JSON.stringify(told)}`)
    .join(' · ')
}

function isEmpty(told: unknown): boolean {
  return told === null || told === undefined || told === '' || (Array.isArray(told) && told.length === 0)
}
