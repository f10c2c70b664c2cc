/** The second factor: asked of the person when the API asks for it, once a call.
 *
 *     const factor = useFactor()                       // beside <FactorDialog :factor="factor" />
 *     await factor.with((shown) => answer(api.POST('/v1/me/second-factor', { body: shown })))
 */
import { shallowRef, type ShallowRef } from 'vue'

import { Refused } from '../api/problem.ts'
import { challengeIn, type Challenge } from './passkey.ts'

export interface Asked {
  challenge: Challenge | null
  /** What was shown: digits, a recovery code, a passkey's answer; "" when the person turned back. The dialog stays
   * while it throws. */
  done(shown: string): void | Promise<void>
}

export interface Factor {
  asked: ShallowRef<Asked | null>
  /** What the person shows, "" when they turn back. */
  shown(challenge: Challenge | null): Promise<string>
  /** Sends without a second factor, and again with one when it is asked for. Throws what the last sending threw. */
  with<T>(send: (shown: { second_factor?: string }) => Promise<T>): Promise<T>
}

export function useFactor(): Factor {
  const asked = shallowRef<Asked | null>(null)

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

  async function withFactor<T>(send: (shown: { second_factor?: string }) => Promise<T>): Promise<T> {
    try {
      return await send({})
    } catch (problem) {
      if (!(problem instanceof Refused) || problem.code !== 'SECOND_FACTOR_REQUIRED') throw problem
      const told = await shown(challengeIn(problem.problem.facts))
      if (!told) throw problem
      return await send({ second_factor: told })
    }
  }

  return { asked, shown, with: withFactor }
}
