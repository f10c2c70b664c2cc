/** Written: how is a value shown whose name says what it is (amount_fen, rate_bps, begins_at)? */
import { percent, yuan } from './money.ts'
import { moment } from './time.ts'
import { useWords } from './words/index.ts'

export function written(name: string, value: unknown): string {
  const words = useWords().value
  if (value === undefined || value === null || value === '') return '—'
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (typeof value === 'number') return /_fen(_|$)/.test(name) ? yuan(value) : /_bps(_|$)/.test(name) ? percent(value) : String(value)
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return moment(value)
  if (Array.isArray(value)) return value.length ? value.map((one) => written(name, one)).join(', ') : '—'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
