/** Preferences: how does this person, on this device, want to see the app? Kept by the browser, read before
 * the first picture; the account's own (shared/session) fill what the device has not decided. */
import { nextTick, ref, watch, watchEffect } from 'vue'

export const LANGUAGES = ['zh-CN', 'en'] as const
export const THEMES = ['system', 'light', 'dark'] as const
export const TEXT_SCALES = [100, 125, 150, 175, 200] as const

export type Language = (typeof LANGUAGES)[number]
export type Theme = (typeof THEMES)[number]

export interface Preferences {
  language: Language
  theme: Theme
  /** Per cent of the browser's own size. */
  textScale: number
  /** 关怀模式: half as large again, and fewer things at a time. */
  elder: boolean
  /** Whether amounts and cards of earlier orders are suggested. */
  suggestions: boolean
}

const KEY = 'forecourt-preferences'
const DECIDED = /^forecourt-(preferences|columns:|overview)/
const ELDER_FACTOR = 1.5

export function defaults(): Preferences {
  const language = navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
  return { language, theme: 'system', textScale: 100, elder: false, suggestions: true }
}

/** Whether this device has its own, whatever an account says. */
export function hasDecided(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return false
  }
}

function kept(): Preferences {
  const own = defaults()
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
    if (LANGUAGES.includes(known.language as Language)) own.language = known.language as Language
    if (THEMES.includes(known.theme as Theme)) own.theme = known.theme as Theme
    if (TEXT_SCALES.includes(known.textScale as (typeof TEXT_SCALES)[number])) own.textScale = Number(known.textScale)
    if (typeof known.elder === 'boolean') own.elder = known.elder
    if (typeof known.suggestions === 'boolean') own.suggestions = known.suggestions
  } catch {
    // a browser that keeps nothing, or something that is not ours: the defaults then
  }
  return own
}

export const preferences = ref<Preferences>(kept())
export const language = ref<Language>(preferences.value.language)

const darkSystem = globalThis.matchMedia?.('(prefers-color-scheme: dark)')
const systemIsDark = ref(darkSystem?.matches ?? false)
darkSystem?.addEventListener('change', (event) => (systemIsDark.value = event.matches))

/** Shows the page as it is wished, from now on. */
export function applyPreferences(): void {
  watchEffect(() => {
    const { theme, textScale, elder } = preferences.value
    const root = document.documentElement
    root.dataset['theme'] = theme === 'dark' || (theme === 'system' && systemIsDark.value) ? 'dark' : 'light'
    root.style.setProperty('--text-scale', String((textScale / 100) * (elder ? ELDER_FACTOR : 1)))
    root.dataset['elder'] = String(elder)
    root.lang = language.value
  })
  watch(
    preferences,
    (wished) => {
      try {
        localStorage.setItem(KEY, JSON.stringify(wished))
      } catch {
        // kept for this visit alone
      }
    },
    { deep: true },
  )
}

/** What this device has decided is undone, with the columns and cards that were put away on it. */
export async function resetDevice(): Promise<void> {
  preferences.value = defaults()
  await nextTick() // what is watched is written first
  try {
    for (const name of Object.keys(localStorage)) if (DECIDED.test(name)) localStorage.removeItem(name)
  } catch {
    // nothing was kept
  }
}
