/** Words: in which language does the app speak? Each area keeps its words in two modules of one type, so that
 * a word that one of them lacks does not compile; words with gaps are functions.
 *
 *     export const useWords = defineWords(zh, () => import('./en.ts'))
 */
import { shallowRef, type ShallowRef } from 'vue'

import { language, preferences, type Language } from '../preferences.ts'

type Loader<W> = () => Promise<{ default: W }>

interface Known {
  load(language: Language): Promise<() => void>
}

const all = new Set<Known>()

/** Words of one part of the app; both languages come when they are needed. */
export function defineWords<W extends object>(zh: Loader<W>, en: Loader<W>) {
  const loaders: Record<Language, Loader<W>> = { 'zh-CN': zh, en }
  const words: ShallowRef<W> = shallowRef({} as W)
  const known: Known = {
    async load(wished) {
      const loaded = await loaders[wished]()
      return () => {
        words.value = loaded.default
      }
    },
  }
  const use = (): Readonly<ShallowRef<W>> => words
  let first: Promise<void> | null = null
  /** To be awaited before anything that uses the words is shown; whoever comes meanwhile waits for the same. */
  use.ready = (): Promise<void> => {
    all.add(known)
    first ??= known.load(language.value).then(
      (flip) => flip(),
      (trouble: unknown) => {
        first = null
        throw trouble
      },
    )
    return first
  }
  return use
}

/** Speaks another language from now on: every part that is loaded at once. */
export async function speak(wished: Language): Promise<void> {
  const flips = await Promise.all([...all].map((known) => known.load(wished)))
  flips.forEach((flip) => flip())
  language.value = wished
  preferences.value.language = wished
}
