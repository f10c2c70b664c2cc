/** Problems: what can come back in place of an answer?
 *
 *   Trouble
 *   ├── Refused    the API said no, with a code, a cause and an advice in the reader's language
 *   └── Unreached  nobody knows whether it arrived: no network, no answer, or an answer that is none
 */
import { percent, yuan } from '../money.ts'
import { moment } from '../time.ts'
import type { components } from './schema.ts'

export type Problem = components['schemas']['Problem']

/** Statuses after which the outcome of a write is unknown, whatever the body says. */
const OPEN_STATUSES = new Set([408, 429, 500, 502, 503, 504])

export abstract class Trouble extends Error {}

export class Refused extends Trouble {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.title}`)
    this.name = 'Refused'
    this.problem = problem
  }

  get code(): string {
    return this.problem.code
  }
}

export class Unreached extends Trouble {
  constructor(cause?: unknown) {
    super('no answer', { cause })
    this.name = 'Unreached'
  }
}

/** Whether what was sent may yet happen, or have happened: nobody may then say that it failed. */
export function isUnknown(trouble: unknown): boolean {
  if (trouble instanceof Unreached) return true
  return trouble instanceof Refused && (trouble.problem.retryable || OPEN_STATUSES.has(trouble.problem.status))
}

/** The advice with the numbers of this case in the places that it names, each as people write it. */
export function advised({ advice, facts }: { advice: string; facts: Record<string, unknown> }): string {
  const known = facts as Record<string, unknown>
  return advice.replace(/`(\w+)`/g, (_, name: string) => (name in known ? written(name, known[name]) : name))
}

/** A fact's name says its unit. */
function written(name: string, value: unknown): string {
  if (typeof value === 'number' && /_fen(_|$)/.test(name)) return yuan(value)
  if (typeof value === 'number' && /_bps(_|$)/.test(name)) return percent(value)
  return typeof value === 'string' && name.endsWith('_at') ? moment(value) : String(value)
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'advice' in body && 'retryable' in body
}
