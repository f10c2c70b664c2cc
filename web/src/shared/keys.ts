/** Keys of a page: which single letters do something here? They work wherever nobody is typing, and the sheet that `?`
 * opens lists them (ShortcutSheet).
 *
 *     useKeys([{ key: 'a', label: () => words.value.approve, act: approve }])
 */
import { onScopeDispose, shallowReactive } from 'vue'

export interface PageKey {
  key: string
  label(): string
  act(): void
}

export const pageKeys = shallowReactive(new Set<PageKey>())

export function useKeys(keys: readonly PageKey[]): void {
  keys.forEach((one) => pageKeys.add(one))
  onScopeDispose(() => keys.forEach((one) => pageKeys.delete(one)))
}

/** Whether a page of now knew what to do with it. The newest part of the page is asked first. */
export function acted(key: string): boolean {
  const known = [...pageKeys].reverse().find((one) => one.key === key)
  known?.act()
  return known !== undefined
}

export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable
}
