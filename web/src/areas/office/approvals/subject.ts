/** A subject: what is a request about, in few words, and with what is it compared? */
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { Refused } from '@/shared/api/problem.ts'
import { written as parameterText } from '../system/values.ts'
import type { ApprovalsWords } from './words/zh.ts'

export type Request = Schemas['RequestView']
type About = Readonly<Record<string, unknown>>

/** The present version that a request would change; `before` null: there is none. */
export interface Compared {
  against: keyof ApprovalsWords['changesAgainst']
  before: unknown
  after: unknown
}

/** Who may decide on which kind; the API decides anew (chalicelib/domain/approval.py, DESKS). */
export const DECIDERS: Readonly<Record<Request['kind'], readonly string[]>> = {
  APPLICATION: ['ops', 'risk', 'admin'],
  BANK_REFUND: ['finance', 'risk', 'admin'],
  FACTOR: ['admin'],
  GRANT: ['admin'],
  LIMIT: ['risk', 'admin'],
  PLAN: ['risk', 'admin'],
  PRODUCT: ['finance', 'admin'],
  PARAMETER: ['risk', 'admin'],
  POSTING: ['finance', 'risk', 'admin'],
  REFUND: ['finance', 'risk', 'admin'],
  TERMS: ['finance', 'risk', 'admin'],
  UNLOCK: ['admin'],
  WITHDRAWAL: ['finance', 'risk', 'admin'],
}

const COMPARED = new Set(['PRODUCT', 'PLAN', 'PARAMETER', 'TERMS'])

export function isCompared(request: Request): boolean {
  return COMPARED.has(request.kind)
}

/** What codes are called: the words of this screen, the office's roles, the names of parameters. */
export interface Names {
  words: ApprovalsWords
  roles: Readonly<Record<string, string>>
  parameters: Readonly<Record<string, string>>
}

/** What tells one request of a kind from another, on one line. */
export function titleOf(request: Request, { words, roles, parameters }: Names): string {
  const values: Readonly<Record<string, string>> = words.values
  const about = request.about as About
  const text = (name: string): string => (about[name] === undefined ? '' : String(about[name]))
  switch (request.kind) {
    case 'PRODUCT':
      return String((about['document'] as About | undefined)?.['title'] ?? text('sku'))
    case 'PLAN':
      return text('plan')
    case 'PARAMETER':
      return `${parameters[text('name')] ?? text('name')} → ${parameterText(text('name'), about['value'], values)}`
    case 'POSTING':
      return [words.templates[text('template') as keyof ApprovalsWords['templates']] ?? text('template'), text('owner')].filter(Boolean).join(' · ')
    case 'WITHDRAWAL':
      return words.steps[text('step') as keyof ApprovalsWords['steps']] ?? text('step')
    case 'GRANT':
      return roles[text('role')] ?? text('role')
    case 'REFUND':
      return words.causes[text('cause') as keyof ApprovalsWords['causes']] ?? text('cause')
    case 'BANK_REFUND':
      return text('bank')
    case 'TERMS':
      return [text('tier'), values[text('tax_method')] ?? text('tax_method')].filter(Boolean).join(' · ')
    default:
      return ''
  }
}

/** The present version of what a request would change. A role that may not read it sees what is asked alone. */
export async function compared(request: Request): Promise<Compared | null> {
  try {
    return await looked(request)
  } catch (trouble) {
    if (trouble instanceof Refused && trouble.problem.status === 403) return { against: 'unseen', before: null, after: afterOf(request) }
    throw trouble
  }
}

function afterOf({ kind, about }: Request): unknown {
  if (kind === 'PRODUCT' || kind === 'PLAN') return about['document']
  if (kind === 'PARAMETER') return { value: parameterText(String(about['name']), about['value']) }
  return { tier: about['tier'], tax_method: about['tax_method'] }
}

async function looked(request: Request): Promise<Compared | null> {
  const { kind, about } = request
  const after = afterOf(request)
  if (kind === 'PRODUCT') {
    const known = await productOf(String(about['sku']))
    return known ? { against: 'product', before: only(known, after), after } : { against: 'fresh', before: null, after }
  }
  if (kind === 'PLAN') {
    const { items } = await answer(api.GET('/v1/office/plans'))
    const inForce = items.filter((plan) => Date.parse(plan.effective_at) <= Date.now()).at(-1)
    return inForce ? { against: 'plan', before: inForce.plan, after } : { against: 'fresh', before: null, after }
  }
  if (kind === 'PARAMETER') {
    const { items } = await answer(api.GET('/v1/office/parameters'))
    const known = items.find((one) => one.name === about['name'])
    return { against: 'parameter', before: known ? { value: parameterText(known.name, known.value) } : null, after }
  }
  if (kind !== 'TERMS') return null
  const params = { path: { distributor_id: String(about['distributor']) } }
  return { against: 'terms', before: only(await answer(api.GET('/v1/office/distributors/{distributor_id}', { params })), after), after }
}

async function productOf(sku_id: string): Promise<Schemas['OfficeProductView'] | null> {
  let cursor: string | null | undefined
  do {
    const query = { limit: 100, ...(cursor ? { cursor } : {}) }
    const page = await answer(api.GET('/v1/office/products', { params: { query } }))
    const known = page.items.find((one) => one.sku_id === sku_id)
    if (known) return known
    cursor = page.next
  } while (cursor)
  return null
}

/** Of what is known, only what the request says something about: what is not asked does not change. */
function only(known: object, after: unknown): Record<string, unknown> {
  const asked = new Set(Object.keys((after as object | null) ?? {}))
  return Object.fromEntries(Object.entries(known).filter(([name, value]) => asked.has(name) && value !== '' && value !== null))
}
