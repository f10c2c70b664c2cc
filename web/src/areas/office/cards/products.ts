/** Products as the office changes them: what is read, what was typed, what is asked? */
import { answer, api, type Schemas } from '@/shared/api/client.ts'

export type Product = Schemas['OfficeProductView']
export type ChangeBody = Schemas['ChangeProductBody']

export async function allProducts(): Promise<Product[]> {
  const found: Product[] = []
  let cursor: string | null | undefined
  do {
    const page = await answer(api.GET('/v1/office/products', { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } } }))
    found.push(...page.items)
    cursor = page.next
  } while (cursor)
  return found
}

/** What was typed of a product's terms. */
export interface Typed {
  title: string
  priceFen: number | null
  costFen: number | null
  /** As per cent, for a product without a face value. */
  pricePercent: string
  costPercent: string
  category: string
  regions: string
  active: boolean
}

export const EMPTY: Typed = { title: '', priceFen: null, costFen: null, pricePercent: '100', costPercent: '100', category: '', regions: '', active: true }

export function typedOf(product: Product): Typed {
  return {
    title: product.title,
    priceFen: product.price_fen || null,
    costFen: product.cost_fen || null,
    pricePercent: String(product.price_bps / 100),
    costPercent: String(product.cost_bps / 100),
    category: product.category,
    regions: product.regions.join(', '),
    active: product.active,
  }
}

/** 98.5 per cent are 9850 basis points; null when it is no percentage from 0.01 to 200. */
export function bpsOf(typed: string): number | null {
  const parts = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(typed.trim())
  if (!parts) return null
  const bps = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
  return bps >= 1 && bps <= 20_000 ? bps : null
}

const regionsOf = (typed: string): string[] => typed.split(/[\s,，]+/).filter(Boolean)

export type FieldName = keyof Typed
export type Mistakes = Partial<Record<FieldName, 'nameWrong' | 'amountWrong' | 'percentWrong' | 'regionsWrong' | 'codeWrong'>>

export function mistakesIn(typed: Typed, isFree: boolean): Mistakes {
  const mistakes: Mistakes = {}
  if (!typed.title.trim()) mistakes.title = 'nameWrong'
  if (!isFree && !typed.priceFen) mistakes.priceFen = 'amountWrong'
  if (isFree && bpsOf(typed.pricePercent) === null) mistakes.pricePercent = 'percentWrong'
  if (isFree && bpsOf(typed.costPercent) === null) mistakes.costPercent = 'percentWrong'
  if (typed.category && !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(typed.category)) mistakes.category = 'codeWrong'
  if (regionsOf(typed.regions).some((code) => !/^\d{2}(\d{2}(\d{2})?)?$/.test(code))) mistakes.regions = 'regionsWrong'
  return mistakes
}

/** The terms to be asked for; a product with a face value has a price, one without has a rate. */
export function termsOf(typed: Typed, isFree: boolean): Omit<ChangeBody, 'price_version'> {
  return {
    title: typed.title.trim(),
    price_fen: isFree ? null : typed.priceFen,
    cost_fen: isFree ? null : typed.costFen,
    price_bps: isFree ? (bpsOf(typed.pricePercent) ?? 10_000) : 10_000,
    cost_bps: isFree ? (bpsOf(typed.costPercent) ?? 10_000) : 10_000,
    category: typed.category || null,
    regions: regionsOf(typed.regions),
    active: typed.active,
  }
}
