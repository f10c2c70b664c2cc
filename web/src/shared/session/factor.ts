/** What proves that it is this person: asked of them when the API asks for it, once a call.
 *
 *     const factor = useFactor()                       // beside <FactorDialog :factor="factor" />
 *     await factor.with((shown) => answer(api.POST('/v1/me/second-factor', { body: shown })))
 */
import { shallowRef, type ShallowRef } from 'vue'

import { Refused } from '../api/problem.ts'
import { challengeIn, type Challenge } from './passkey.ts'

/** The second factor; before the first one the password, or a code and the device that asked for it. */
export interface Shown {
  second_factor?: string
  password?: string
  own_code?: string
  device?: string
}

export interface Asked {
  challenge: Challenge | null
  /** What was shown: digits, a recovery code, a passkey's answer; "" when the person turned back. The dialog stays
   * while it throws. */
  done(shown: string): void | Promise<void>
}

export interface AskedToProve {
  /** Whether a code will do in place of the password. */
  byCode: boolean
  /** What was shown; null when the person turned back. */
  done(shown: Shown | null): void
}

export interface Factor {
  asked: ShallowRef<Asked | null>
  askedToProve: ShallowRef<AskedToProve | null>
  /** What the person shows, "" when they turn back. */
  shown(challenge: Challenge | null): Promise<string>
  /** Sends without a proof, and again with one when it is asked for. Throws what the last sending threw. */
  with<T>(send: (shown: Shown) => Promise<T>): Promise<T>
}

export function useFactor(): Factor {
  const asked = shallowRef<Asked | null>(null)
  const askedToProve = shallowRef<AskedToProve | null>(null)

  function shown(challenge: Challenge | null): Promise<string> {
    return new Promise((resolve) => {
      asked.value = {
        challenge,
        done(told) {
          asked.value = null
          resolve(told)
        },
      }
    })
  }

  function proved(byCode: boolean): Promise<Shown | null> {
    return new Promise((resolve) => {
      askedToProve.value = {
        byCode,
        done(told) {
          askedToProve.value = null
          resolve(told)
        },
      }
    })
  }

  async function wanted(problem: unknown): Promise<Shown | null> {
    if (!(problem instanceof Refused)) return null
    const { code, facts } = problem.problem
    if (code === 'PROOF_REQUIRED') return proved(Array.isArray(facts['by']) && facts['by'].includes('code'))
    if (code !== 'SECOND_FACTOR_REQUIRED') return null
    const told = await shown(challengeIn(facts))
    return told ? { second_factor: told } : null
  }

  async function withFactor<T>(send: (shown: Shown) => Promise<T>): Promise<T> {
    try {
      return await send({})
    } catch (problem) {
      const told = await wanted(problem)
      if (!told) throw problem
      return await send(told)
    }
  }

  return { asked, askedToProve, shown, with: withFactor }
}
