/** Lines of the account: what was each change about, told by its record and by what moved? */
import type { Schemas } from '@/shared/api/client.ts'

export type StatementLine = Schemas['chalicelib__handlers__api__distributors__LineView']
export type What = 'release' | 'request' | 'back' | 'paid' | 'clawback' | 'state' | 'other'

export function whatOf(line: Pick<StatementLine, 'record' | 'deltas'>): What {
  const record = line.record.split('/').at(-1) ?? ''
  const { available_fen: free = 0, held_fen: held = 0 } = line.deltas
  if (record.startsWith('rel_')) return 'release'
  if (record.startsWith('cme_')) return 'clawback'
  if (!record.startsWith('wdr_')) return 'other'
  if (!free && !held) return 'state'
  if (held > 0) return 'request'
  return free > 0 ? 'back' : 'paid'
}
