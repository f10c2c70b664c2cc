/** The session: who is signed in here? The access token stands in memory alone, the refresh token in a cookie
 * that no script reads. Tabs renew one after another, since each refresh token is good once. */
import { computed, ref, shallowRef } from 'vue'

import { answer, api, carry, keyed, type Schemas } from '../api/client.ts'
import { Refused } from '../api/problem.ts'
import { device } from './device.ts'

export type Session = Schemas['SessionView']
export type Port = Schemas['Port']
export type CaptchaAnswer = Schemas['CaptchaAnswer']
export type SignIn = Omit<Schemas['SignInBody'], 'device' | 'keep'>

const LOCK = 'forecourt-session'
const MARK = 'forecourt-signed-in'
const EARLY_MS = 30_000
const SETTLED_MS = 1_500

const current = shallowRef<Session | null>(null)
let renewedAt = 0

/** Whether the session ended without having been asked to, so that the next page says so. */
export const timedOut = ref(false)
export const session = computed(() => current.value)
export const person = computed(() => current.value?.person ?? null)
export const roles = computed(() => new Set(current.value?.roles ?? []))
export const endsAt = computed(() => (current.value ? Date.parse(current.value.refresh_expires_at) : 0))

function begin(begun: Session): Session {
  current.value = begun
  renewedAt = Date.now()
  timedOut.value = false
  mark('1')
  return begun
}

function end(): void {
  current.value = null
  mark('')
}

/** Only whether a cookie is worth a question; nothing of the person. */
function mark(text: string): void {
  try {
    if (text) localStorage.setItem(MARK, text)
    else localStorage.removeItem(MARK)
  } catch {
    // asked each time then
  }
}

function isMarked(): boolean {
  try {
    return localStorage.getItem(MARK) === '1'
  } catch {
    return true
  }
}

export async function signIn(wish: SignIn): Promise<Session> {
  return begin(await answer(api.POST('/v1/sessions', { body: { ...wish, device, keep: 'cookie' } })))
}

export async function choosePassword(wish: { phone: string; code: string; new_password: string; second_factor?: string }) {
  return begin(await answer(api.POST('/v1/sessions/by-new-password', { body: { ...wish, device, keep: 'cookie' } })))
}

/** After a change that began a new session in place of all others (another password). */
export function goOnWith(begun: Session): void {
  begin(begun)
}

/** The profile as it is after a change of it. */
export function goOnAs(changed: Session['person']): void {
  if (current.value) current.value = { ...current.value, person: changed }
}

/** A token that shows the second factor afresh takes the place of the one in use. */
export function proved(proof: Schemas['ProofView']): void {
  if (!current.value) return
  current.value = { ...current.value, access_token: proof.access_token, access_expires_at: proof.access_expires_at }
}

/** Goes on with the session that the cookie keeps; null when there is none. Throws Unreached. What somebody may do can
 * have changed a moment ago, so the token of a moment ago is enough (`orSettled`) only where a fresh one is all it is for. */
export async function goOn({ orSettled = false } = {}): Promise<Session | null> {
  if (!isMarked()) return null
  return await navigator.locks.request(LOCK, async () => {
    if (orSettled && current.value && Date.now() - renewedAt < SETTLED_MS) return current.value
    try {
      return begin(await answer(api.POST('/v1/sessions/refresh', { body: {} })))
    } catch (trouble) {
      if (!(trouble instanceof Refused) || trouble.problem.status >= 500) throw trouble
      if (current.value) timedOut.value = true
      end()
      return null
    }
  })
}

/** Ends the session here and on the server; whatever the network says, this browser forgets it. */
export async function signOut(): Promise<void> {
  const ended = current.value
  if (!ended) return
  try {
    const params = { path: { session_id: ended.session_id }, header: keyed() }
    await answer(api.DELETE('/v1/me/sessions/{session_id}', { params }))
  } finally {
    end()
  }
}

carry({
  async token() {
    const own = current.value
    if (!own) return ''
    if (Date.parse(own.access_expires_at) - Date.now() > EARLY_MS) return own.access_token
    return (await goOn({ orSettled: true }))?.access_token ?? ''
  },
  async renewed(refused) {
    if (current.value && current.value.access_token !== refused) return current.value.access_token
    return (await goOn({ orSettled: true }))?.access_token ?? ''
  },
})
