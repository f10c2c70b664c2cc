/** A new product: what it is for good, beside the terms that may change. */
export interface Fresh {
  sku_id: string
  use: 'CARD_SALE' | 'TOPUP'
  issuer: string
  mode: 'AGENT' | 'ISSUER'
  kind: 'NAMED' | 'BEARER'
  form: 'VIRTUAL' | 'PHYSICAL'
  free: boolean
  faceFen: number | null
}

export const FRESH: Fresh = { sku_id: 'sku_', use: 'CARD_SALE', issuer: '', mode: 'ISSUER', kind: 'BEARER', form: 'VIRTUAL', free: false, faceFen: null }

export const CHOICES = {
  use: ['CARD_SALE', 'TOPUP'],
  mode: ['ISSUER', 'AGENT'],
  kind: ['BEARER', 'NAMED'],
  form: ['VIRTUAL', 'PHYSICAL'],
} as const

export type FreshMistakes = Partial<Record<'sku_id' | 'issuer' | 'faceFen', 'skuWrong' | 'codeWrong' | 'amountWrong'>>

export function freshMistakesIn(fresh: Fresh): FreshMistakes {
  const mistakes: FreshMistakes = {}
  if (!/^sku_[A-Za-z0-9_-]{1,60}$/.test(fresh.sku_id)) mistakes.sku_id = 'skuWrong'
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(fresh.issuer)) mistakes.issuer = 'codeWrong'
  if (!fresh.free && !fresh.faceFen) mistakes.faceFen = 'amountWrong'
  return mistakes
}
