/** Days of release: YYYYMMDD as the API writes them, and the pot of what is looked into. */
import { day } from '@/shared/time.ts'

export const LOOKED_INTO = 'risk'

/** 20261208 as a business date. */
export function isoDay(release: string): string {
  return `${release.slice(0, 4)}-${release.slice(4, 6)}-${release.slice(6, 8)}`
}

export function releaseDay(release: string): string {
  return /^\d{8}$/.test(release) ? day(isoDay(release)) : ''
}

export interface FrozenDay {
  release: string
  fen: number
}

/** What is frozen, the next day first; what is looked into has no day and stands last. */
export function frozenDays(frozen: Record<string, number>): FrozenDay[] {
  const days = Object.entries(frozen).map(([release, fen]) => ({ release, fen }))
  return days.filter(({ fen }) => fen > 0).sort((one, other) => (one.release < other.release ? -1 : 1))
}

export function sumOf(frozen: Record<string, number>): number {
  return Object.values(frozen).reduce((sum, fen) => sum + fen, 0)
}
