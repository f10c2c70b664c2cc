/** A list by keyboard: j and k go down and up. While nothing is open they move the focus from row to row, and Enter
 * opens it as a link does; with a detail open beside the list, they open the next one.
 *
 * A row's link has `data-row="ITS KEY"`.
 */
import { useKeys } from './keys.ts'
import { useWords } from './words/index.ts'

interface ListOf {
  /** The keys of the rows in their order. */
  rows(): readonly string[]
  /** The key of the row whose detail is open; "" for none. */
  selected(): string
  open(key: string): void
}

/** The key `step` rows further on; the ends hold. */
export function neighbour(rows: readonly string[], at: string, step: 1 | -1): string {
  const index = rows.indexOf(at)
  if (index < 0) return (step > 0 ? rows[0] : rows.at(-1)) ?? ''
  return rows[Math.min(rows.length - 1, Math.max(0, index + step))] ?? ''
}

export function rowOf(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)
}

export function useListKeys({ rows, selected, open }: ListOf): void {
  const words = useWords()
  function move(step: 1 | -1): void {
    const focused = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? ''
    const next = neighbour(rows(), selected() || focused, step)
    if (!next) return
    if (selected()) open(next)
    else rowOf(next)?.focus()
  }
  useKeys([
    { key: 'j', label: () => words.value.shortcuts.next, act: () => move(1) },
    { key: 'k', label: () => words.value.shortcuts.previous, act: () => move(-1) },
  ])
}

/** After a part of the detail took the place of another: the focus stays in the detail. */
export function focusDetail(): void {
  document.querySelector<HTMLElement>('.detail-pane')?.focus({ preventScroll: true })
}
