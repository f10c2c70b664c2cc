/** Joining: what may stand in the field for a code, and what is no trouble. */
import { Refused } from '@/shared/api/problem.ts'

/** The code in what somebody typed or pasted, a whole link too; "" while it is not whole. */
export function codeIn(typed: string): string {
  const code = (typed.trim().split('/').at(-1) ?? '').replace(/[\s-]/g, '').toUpperCase()
  return /^[2-9A-HJ-KM-NP-Z]{12}$/.test(code) ? code : ''
}

export interface OrNone<T> {
  found: T | null
}

/** An answer, or none where the API says by this code that there is none. */
export async function orNone<T>(asked: Promise<T>, code: string): Promise<OrNone<T>> {
  try {
    return { found: await asked }
  } catch (trouble) {
    if (trouble instanceof Refused && trouble.code === code) return { found: null }
    throw trouble
  }
}

/** Whether somebody works in a place; what was earned in one that was left is still paid. */
export function placed(state: string | undefined): boolean {
  return state === 'ACTIVE' || state === 'SUSPENDED'
}

/** The questions that a refusal calls wrongly answered; none when it is about something else. */
export function wrongIn(trouble: unknown): string[] {
  const wrong = trouble instanceof Refused ? (trouble.problem.facts as Record<string, unknown>)['wrong'] : null
  return Array.isArray(wrong) ? wrong.map(String) : []
}
