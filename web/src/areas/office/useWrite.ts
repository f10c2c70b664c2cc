/** One write of the office on its way: kept, sent, asked after; its state is told as it is. */
import { computed, ref } from 'vue'

import { Refused } from '@/shared/api/problem.ts'
import { findIntent, intend, intents, sendIntent, SentElsewhere, type Intent } from '@/shared/outbox/intents.ts'
import { person } from '@/shared/session/session.ts'
import { isLeft } from '@/shared/session/useSensitive.ts'
import './deeds.ts'
import './staffDeeds.ts'
import './writes.ts'

type Kept = Pick<Intent, 'kind' | 'body' | 'amountFen' | 'about'>

export type Write = ReturnType<typeof useWrite>

export function useWrite(done: (answer: unknown) => unknown) {
  const key = ref('')
  const busy = ref(false)
  const trouble = ref<unknown>(null)
  const intent = computed(() => intents.value.find((one) => one.key === key.value) ?? null)

  async function work(ask: () => Promise<Intent>): Promise<void> {
    busy.value = true
    trouble.value = null
    try {
      await tell(await ask())
    } catch (problem) {
      trouble.value = problem instanceof SentElsewhere ? null : problem
    } finally {
      busy.value = false
    }
  }

  async function tell(outcome: Intent): Promise<void> {
    if (outcome.state === 'done') {
      key.value = ''
      await done(outcome.answer)
    } else if (outcome.state === 'rejected' && outcome.problem) {
      const refused = new Refused(outcome.problem)
      key.value = ''
      trouble.value = isLeft(refused) ? null : refused
    }
  }

  return {
    intent,
    busy,
    trouble,
    /** Keeps the wish and sends it; nothing else ever sends it. */
    send: (wish: Kept) =>
      work(async () => {
        const kept = await intend({ ...wish, personId: person.value?.person_id ?? '' })
        key.value = kept.key
        return sendIntent(kept.key)
      }),
    sendAgain: (of: string = key.value) => work(() => sendIntent(of)),
    find: (of: string = key.value) => work(() => findIntent(of)),
    forget() {
      key.value = ''
      trouble.value = null
    },
  }
}
