/** Deeds: writes that move no money. Sent again after a lost answer it is the same deed, under the same key. */
import { ref, shallowRef } from 'vue'

import { newKey } from './api/client.ts'
import { isUnknown } from './api/problem.ts'

/** `run` sends once however often it is called meanwhile; undefined when it was refused or no answer came. */
export function useDeed<A extends readonly unknown[], T>(send: (key: string, ...told: A) => Promise<T>) {
  const busy = ref(false)
  const trouble = shallowRef<unknown>(null)
  let kept = { told: '', key: '' }

  async function run(...told: A): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    trouble.value = null
    const text = JSON.stringify(told)
    if (text !== kept.told || !kept.key) kept = { told: text, key: newKey() }
    try {
      const answered = await send(kept.key, ...told)
      kept.key = ''
      return answered
    } catch (problem) {
      if (!isUnknown(problem)) kept.key = ''
      trouble.value = problem
      return undefined
    } finally {
      busy.value = false
    }
  }

  return { busy, trouble, run }
}
