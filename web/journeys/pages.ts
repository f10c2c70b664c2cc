/** Places: every page of the app and every dialog, who sees it and in which looks. A dialog is looked at together with
 * the page that it belongs to, so that each is scanned once. */
import { PLACES_OF_CUSTOMERS } from './pagesOfCustomers.ts'
import { PLACES_OF_OFFICE } from './pagesOfOffice.ts'
import type { Place } from './place.ts'

export const PLACES: readonly Place[] = [...PLACES_OF_CUSTOMERS, ...PLACES_OF_OFFICE]

export const WIDTHS = [375, 768, 1440] as const
export const THEMES = ['light', 'dark'] as const
export const LANGUAGES = ['zh-CN', 'en'] as const

export interface Look {
  width: (typeof WIDTHS)[number]
  theme: (typeof THEMES)[number]
  language: (typeof LANGUAGES)[number]
}

export const EVERY_LOOK: readonly Look[] = WIDTHS.flatMap((width) =>
  THEMES.flatMap((theme) => LANGUAGES.map((language) => ({ width, theme, language }))),
)

/** Six looks in which every two of a width, a theme and a language meet. */
const PAIRWISE: readonly Look[] = [
  { width: 375, theme: 'light', language: 'zh-CN' },
  { width: 768, theme: 'dark', language: 'en' },
  { width: 1440, theme: 'light', language: 'en' },
  { width: 375, theme: 'dark', language: 'en' },
  { width: 768, theme: 'light', language: 'zh-CN' },
  { width: 1440, theme: 'dark', language: 'zh-CN' },
]

/** The looks of a page, those of one language together: one of six by turns, or all of them (LOOKS=all). */
export function looksOf({ only }: Place, index: number): readonly (readonly Look[])[] {
  if (process.env['LOOKS'] !== 'all') {
    const turns = PAIRWISE.filter(({ width }) => !only || (only === 'narrow') === (width === 375))
    return [[turns[index % turns.length] as Look]]
  }
  return LANGUAGES.map((wished) => EVERY_LOOK.filter(({ width, language }) => language === wished && (only !== 'narrow' || width === 375)))
}
