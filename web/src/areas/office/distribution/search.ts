/** Search: is what somebody typed a phone number, an id or an invite code? */
import type { Schemas } from '@/shared/api/client.ts'

export function wishOf(typed: string): Schemas['FindDistributors'] {
  const text = typed.trim()
  if (/^(cus|dst)_/i.test(text)) return { id: text.slice(0, 4).toLowerCase() + text.slice(4).toUpperCase() }
  if (/^\+?[\d\s-]{11,}$/.test(text)) return { phone: text }
  return { invite_code: text }
}

/** The commission entry that somebody asks about: by its own id, or by the order of a customer whom this one brought. */
export function entryOf(typed: string): string {
  const text = typed.trim()
  const [, customer, order] = /^ord_([0-9A-Z]{12})([0-9A-Z]{26})$/.exec(text) ?? []
  return order ? `cme_${order}_${customer}_1` : text
}
