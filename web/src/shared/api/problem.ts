/** Problems: what can come back in place of an answer?
 *
 *   Trouble
 *   ├── Refused    the API said no, with a code, a cause and an advice in the reader's language
 *   └── Unreached  nobody knows whether it arrived: no network, no answer, or an answer that is none
 */
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

/** The advice with the numbers of this case in the places that it names. */
export function advised({ advice, facts }: { advice: string; facts: Record<string, unknown> }): string {
  return advice.replace(/`(\w+)`/g, (_, name: string) => (name in facts ? String(facts[name]) : name))
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'advice' in body && 'retryable' in body
}
