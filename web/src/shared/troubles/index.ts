/** Troubles: what is said of them comes with its words when there is one to tell of. */
import { defineAsyncComponent } from 'vue'

import { advised, type Problem } from '../api/problem.ts'
import { useTroubleWords } from './words.ts'

/** Whoever could not load the sentences reads the API's own. */
const plain = ({ problem }: { problem: Problem }): string => `${problem.title} ${advised(problem)} ${problem.request_id}`

export const TroubleAdvice = defineAsyncComponent({
  loader: async () => (await Promise.all([import('./TroubleAdvice.vue'), useTroubleWords.ready()]))[0],
  errorComponent: plain,
})

export const ContactNote = defineAsyncComponent(async () => (await Promise.all([import('./ContactNote.vue'), useTroubleWords.ready()]))[0])
