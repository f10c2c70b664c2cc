import { beforeEach, expect, it, vi } from 'vitest'

import { goOnWith, type Session } from '@/shared/session/session.ts'
import { useColleagues } from './colleagues.ts'

function comeIn(person_id: string, role: string): void {
  const later = new Date(Date.now() + 3_600_000).toISOString()
  goOnWith({ person: { person_id }, roles: [role], access_token: 't', access_expires_at: later, refresh_expires_at: later } as unknown as Session)
}

let asked = 0
vi.stubGlobal('fetch', async () => {
  asked += 1
  return Response.json({ items: [{ person_id: 'stf_1', phone_masked: '138****0101' }], next: null })
})

const settled = (): Promise<void> => new Promise((turn) => setTimeout(turn, 20))

beforeEach(() => (asked = 0))

it('an auditor reads who is behind an id, once', async () => {
  comeIn('stf_9', 'auditor')
  const names = useColleagues()
  useColleagues()
  await settled()
  expect(names.value.get('stf_1')).toBe('138****0101')
  expect(asked).toBe(1)
})

it('whoever may not read the list asks nothing, and knows nothing of whom was here before', async () => {
  comeIn('stf_8', 'finance')
  const names = useColleagues()
  await settled()
  expect([asked, names.value.size]).toEqual([0, 0])
})
