/** Search: is what somebody typed a phone number, an id or an invite code? */
import type { Schemas } from '@/shared/api/client.ts'

export function wishOf(typed: string): Schemas['FindDistributors'] {
  const text = typed.trim()
  if (/^(cus|dst)_/i.test(text)) return { id: text.slice(0, 4).toLowerCase() + text.slice(4).toUpperCase() }
  if (/^\+?[\d\s-]{11,}$/.test(text)) return { phone: text }
  return { invite_code: text }
}
