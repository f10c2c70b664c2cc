/** The account's preferences: how does somebody who signs in on a new device find the app as they like it?
 *
 * A device that has decided keeps what it has; one that has not takes what the account says. What is changed while
 * somebody is signed in goes to the account, on top of the version that was read; what was changed without a network goes
 * when it is back, once, as it stands then.
 */
import { computed, shallowRef, watch } from 'vue'

import { answer, api, type Schemas } from './api/client.ts'
import { isUnknown, Refused } from './api/problem.ts'
import { connected } from './connection.ts'
import { defaults, hasDecided, preferences, resetDevice, type Preferences } from './preferences.ts'
import { speak } from './words/words.ts'

type Kept = Schemas['PreferencesView']

const PAUSE_MS = 800
/** The account knows three sizes, a device five. */
const SCALES: Record<Kept['text_size'], number> = { NORMAL: 100, LARGE: 150, LARGEST: 200 }

const kept = shallowRef<Kept | null>(null)
/** How far the introduction was seen, on any device; null until the account has said so. */
export const introduced = computed(() => kept.value?.onboarding_stage ?? null)
let followed = ''
/** Whether what was changed has yet to reach the account. */
let waits = false
let stop = (): void => undefined

/** From now on the account of whoever is signed in is followed; nobody's with "". */
export async function followAccount(personId: string): Promise<void> {
  stop()
  kept.value = null
  followed = personId
  if (!personId) return
  try {
    kept.value = await answer(api.GET('/v1/me/preferences'))
  } catch {
    stop = watch(connected, (now) => now && void followAccount(personId)) // until then the device's own hold
    return
  }
  if (!hasDecided() && kept.value.version > 0) await take(kept.value)
  let timer = 0
  const end = watch(
    preferences,
    (wished) => {
      clearTimeout(timer)
      timer = window.setTimeout(() => void put(wished), PAUSE_MS)
    },
    { deep: true },
  )
  const endOfWaiting = watch(connected, (now) => now && waits && void put(preferences.value))
  stop = () => {
    clearTimeout(timer)
    waits = false
    end()
    endOfWaiting()
  }
}

/** As everything was at first: on this device, and in the account of whoever is signed in. Throws when the account's
 * could not be reset; the device's are. */
export async function resetPreferences(): Promise<void> {
  stop() // what the account has is deleted, not set to what a device begins with
  await speak(defaults().language)
  await resetDevice()
  if (!followed) return
  try {
    await answer(api.DELETE('/v1/me/preferences'))
  } finally {
    await followAccount(followed)
  }
}

async function take(told: Kept): Promise<void> {
  const theme = told.theme.toLowerCase() as Preferences['theme']
  Object.assign(preferences.value, { theme, textScale: SCALES[told.text_size], elder: told.elder_mode, suggestions: told.suggestions })
  if (told.language !== 'SYSTEM') await speak(told.language)
}

/** From now on the introduction was seen as far as this, on every device. */
export async function introduce(stage: number): Promise<void> {
  if (!kept.value) return
  kept.value = { ...kept.value, onboarding_stage: stage }
  await put(preferences.value)
}

/** Another device may have been faster: read once more, then it is left as it is. */
async function put(wished: Preferences, again = true): Promise<void> {
  const known = kept.value
  if (!known) return
  waits = true
  if (!connected.value) return
  try {
    kept.value = await answer(api.PUT('/v1/me/preferences', { body: bodyOf(wished, known) }))
    waits = false
  } catch (problem) {
    if (isUnknown(problem)) return
    waits = false
    if (!again || !(problem instanceof Refused) || problem.code !== 'PREFERENCES_MOVED') return
    const told = await answer(api.GET('/v1/me/preferences')).catch(() => known)
    kept.value = { ...told, onboarding_stage: Math.max(told.onboarding_stage, known.onboarding_stage) }
    await put(wished, false)
  }
}

export function bodyOf(wished: Preferences, { onboarding_stage, version }: Pick<Kept, 'onboarding_stage' | 'version'>): Schemas['SetPreferences'] {
  const text_size = wished.textScale <= SCALES.NORMAL ? 'NORMAL' : wished.textScale <= SCALES.LARGE ? 'LARGE' : 'LARGEST'
  return {
    language: wished.language,
    theme: wished.theme.toUpperCase() as Kept['theme'],
    text_size,
    elder_mode: wished.elder,
    suggestions: wished.suggestions,
    onboarding_stage,
    version,
  }
}
