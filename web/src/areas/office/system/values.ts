/** Values: how is a parameter's value written for people, and typed by them? Its name says the unit. */
import { fenOf, percent, yuan } from '@/shared/money.ts'

/** What a code or a word of the machine is called. */
type Codes = Readonly<Record<string, string>>

export function written(name: string, value: unknown, codes: Codes = {}): string {
  if (typeof value === 'number' && /_fen(_|$)/.test(name)) return yuan(value)
  if (typeof value === 'number' && /_bps(_|$)/.test(name)) return percent(value)
  if (/tiers$/.test(name) && Array.isArray(value)) return (value as [number | null, number][]).map(([upTo, people]) => `${upTo === null ? '∞' : `≤ ${yuan(upTo)}`}: ${people}`).join(' · ')
  if (typeof value === 'string') return codes[value] ?? (value || '—')
  return codes[String(value)] ?? JSON.stringify(value)
}

export type Entry = 'money' | 'percent' | 'number' | 'choice' | 'text' | 'json'

const CHOICES: Readonly<Record<string, readonly string[]>> = { 'withdrawal.tax_method': ['PER_PAYMENT', 'CUMULATIVE', 'NONE'] }

/** How a value is typed; what has no field of its own is typed as JSON. */
export function entryOf(name: string, value: unknown): Entry {
  if (typeof value === 'number') return /_fen(_|$)/.test(name) ? 'money' : /_bps(_|$)/.test(name) ? 'percent' : 'number'
  if (typeof value === 'boolean' || name in CHOICES) return 'choice'
  return typeof value === 'string' ? 'text' : 'json'
}

export const choicesOf = (name: string): readonly string[] => CHOICES[name] ?? ['true', 'false']

/** The value in force as it is typed. */
export function typedOf(name: string, value: unknown): string {
  const entry = entryOf(name, value)
  if (entry === 'money') return yuan(Number(value)).slice(1)
  if (entry === 'percent') return percent(Number(value)).slice(0, -1)
  return entry === 'json' ? JSON.stringify(value) : String(value)
}

/** What was typed, or undefined when it is no such value. */
export function valueIn(entry: Entry, typed: string): unknown {
  const text = typed.trim()
  if (entry === 'money') return fenOf(text) ?? undefined
  if (entry === 'percent') return bpsIn(text)
  if (entry === 'number') return /^\d{1,9}$/.test(text) ? Number(text) : undefined
  if (entry === 'choice') return text === 'true' ? true : text === 'false' ? false : text
  if (entry === 'text') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** 12.5 per cent are 1250 basis points; undefined when it is none. */
export function bpsIn(typed: string): number | undefined {
  const parts = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(typed.trim())
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0')) : undefined
}
