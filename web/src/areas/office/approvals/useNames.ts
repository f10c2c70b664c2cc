/** Names: what are the codes in a request called? */
import { computed } from 'vue'

import { useSystemWords } from '../system/words/index.ts'
import { useOfficeWords } from '../words/index.ts'
import type { Names } from './subject.ts'
import { useApprovalsWords } from './words/index.ts'

export function useNames() {
  const words = useApprovalsWords()
  const office = useOfficeWords()
  const system = useSystemWords()
  return computed<Names>(() => ({ words: words.value, roles: office.value.roles, parameters: system.value.parameters.names }))
}
