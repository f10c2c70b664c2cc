/** Contrast is decided where colours are; and they are decided nowhere else. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const SOURCES = 'src'
const [light, dark] = readFileSync('src/shared/styles/tokens.css', 'utf8').split("[data-theme='dark']") as [string, string]

function colours(css: string): Record<string, string> {
  return Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((found) => [found[1], found[2]]))
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** The rules in a file: a stylesheet, or the style of a component. */
function styleOf(file: string): string {
  const text = readFileSync(join(SOURCES, file), 'utf8')
  return file.endsWith('.css') ? text : (/<style[^>]*>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '')
}

/** What is written on what, and the least contrast of the two (WCAG 2.2, 1.4.3 and 1.4.11). */
const PAIRS: [string, string, number][] = [
  ...['text', 'text-quiet', 'accent', 'loss', 'gain', 'wait', 'note'].flatMap((ink): [string, string, number][] =>
    ['page', 'surface', 'surface-raised', 'surface-sunken'].map((ground) => [ink, ground, 4.5]),
  ),
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['accent', 'accent-soft', 4.5],
  ['gain', 'gain-soft', 4.5],
  ['loss', 'loss-soft', 4.5],
  ['wait', 'wait-soft', 4.5],
  ['note', 'note-soft', 4.5],
  ['text', 'loss-soft', 4.5],
  ['on-card', 'card-from', 4.5],
  ['on-card', 'card-to', 4.5],
  ['on-card-quiet', 'card-from', 4.5],
  ['on-card-quiet', 'card-to', 4.5],
  ['line-strong', 'surface', 3],
  ['line-strong', 'page', 3],
  ['focus', 'page', 3],
  ['focus', 'surface', 3],
  ...['chart-1', 'chart-2', 'chart-3', 'chart-4'].map((ink): [string, string, number] => [ink, 'surface', 3]),
]

describe('colours', () => {
  it.each(PAIRS)('S-150 %s is read on %s in both themes (%d : 1)', (ink, ground, least) => {
    for (const theme of [colours(light), { ...colours(light), ...colours(dark) }]) {
      expect(contrast(theme[ink] as string, theme[ground] as string)).toBeGreaterThanOrEqual(least)
    }
  })

  it('every colour of the light theme has a dark one', () => {
    expect(Object.keys(colours(dark)).sort()).toEqual(Object.keys(colours(light)).sort())
  })

  it('S-131 no file but the tokens names a colour', () => {
    const named = /#[0-9a-fA-F]{3,8}\b(?=[\s;,)'"])|\b(?:rgb|hsl|oklch)a?\(|(?:color|background):\s*(?:white|black|red|green|blue|gr[ae]y)\b/
    const guilty = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(vue|css)$/.test(file) && !file.endsWith('tokens.css'))
      .filter((file) => named.test(styleOf(file)))
    expect(guilty).toEqual([])
  })
})
