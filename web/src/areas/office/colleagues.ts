/** Colleagues: who of the office is behind an id? Admins and auditors may read the list of staff; for all others an id
 * stays an id. Read once for whoever is signed in. */
import { shallowRef, type ShallowRef } from 'vue'

import { answer, api } from '@/shared/api/client.ts'
import { person, roles } from '@/shared/session/session.ts'

type Names = ReadonlyMap<string, string>

const names = shallowRef<Names>(new Map())
let readFor = ''

export function useColleagues(): Readonly<ShallowRef<Names>> {
  const me = person.value?.person_id ?? ''
  if (me !== readFor) {
    readFor = me
    names.value = new Map()
    if (roles.value.has('admin') || roles.value.has('auditor')) void read(me)
  }
  return names
}

async function read(me: string): Promise<void> {
  try {
    const found = new Map<string, string>()
    let cursor: string | null | undefined
    do {
      const page = await answer(api.GET('/v1/office/staff', { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } } }))
      page.items.forEach((one) => found.set(one.person_id, one.phone_masked))
      cursor = page.next
    } while (cursor)
    if (readFor === me) names.value = found
  } catch {
    readFor = '' // asked again by the next who wants a name
  }
}
