/** What is sensitive: when the API wants to see the second factor again, it is asked for, and the very same request
 * (the key is in it) goes on. One dialog for the whole area: StepUpDialog, in the area's frame.
 *
 *     const { sensitive } = useSensitive()
 *     await sensitive(() => answer(api.POST('/v1/office/approvals/{request_id}/approval', { … keyed(key) … })))
 */
import { shallowRef } from 'vue'

import { answer, api } from '../api/client.ts'
import { Refused } from '../api/problem.ts'
import { proved } from './session.ts'

const STEP_UP = 'STEP_UP_REQUIRED'

/** What waits for the second factor; nothing while null. */
const waiting = shallowRef<{ shown(): void; left(): void } | null>(null)
let asking: Promise<boolean> | null = null

/** Whether it was shown; two that ask at once wait for one answer. */
function asked(): Promise<boolean> {
  asking ??= new Promise<boolean>((told) => {
    const end = (isShown: boolean) => () => {
      waiting.value = null
      asking = null
      told(isShown)
    }
    waiting.value = { shown: end(true), left: end(false) }
  })
  return asking
}

/** Does the work, once more after the second factor was shown. Throws the refusal when somebody leaves the dialog. */
async function sensitive<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (trouble) {
    if (!(trouble instanceof Refused) || trouble.code !== STEP_UP || !(await asked())) throw trouble
    return work()
  }
}

/** Shows the second factor: digits, a recovery code, or what a passkey signed. Throws Trouble. */
async function prove(second_factor: string): Promise<void> {
  proved(await answer(api.POST('/v1/me/second-factor/proof', { body: { second_factor } })))
  waiting.value?.shown()
}

/** Whether this is only that somebody left the dialog: they know, and nothing has to be told. */
export function isLeft(trouble: unknown): boolean {
  return trouble instanceof Refused && trouble.code === STEP_UP
}

export function useSensitive() {
  return { sensitive, waiting, prove }
}
