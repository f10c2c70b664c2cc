/** Values: how is a parameter's value written for people? Its name says the unit. */
import { percent, yuan } from '@/shared/money.ts'

export function written(name: string, value: unknown): string {
  if (typeof value === 'number' && /_fen(_|$)/.test(name)) return yuan(value)
  if (typeof value === 'number' && /_bps(_|$)/.test(name)) return percent(value)
  if (/tiers$/.test(name) && Array.isArray(value)) return (value as [number | null, number][]).map(([upTo, people]) => `${upTo === null ? '∞' : `≤ ${yuan(upTo)}`}: ${people}`).join(' · ')
  return typeof value === 'string' ? value || '—' : JSON.stringify(value)
}
