/** Keys of a page: which single letters do something here? They work wherever nobody is typing, and the sheet that `?`
 * opens lists them (ShortcutSheet).
 *
 *     useKeys([{ key: 'a', label: () => words.value.approve, act: approve }])
 */
import { onMounted, onScopeDispose, onUnmounted, shallowReactive } from 'vue'

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

/** Whether it is a key by itself, while nobody types and nothing is open over the page. */
export function isForPage(event: KeyboardEvent): boolean {
  return !isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector('dialog[open]')
}

/** Hears the keys of pages, for an area that has no sheet of shortcuts. */
export function useListening(): void {
  const pressed = (event: KeyboardEvent): void => {
    if (isForPage(event) && acted(event.key)) event.preventDefault()
  }
  onMounted(() => addEventListener('keydown', pressed))
  onUnmounted(() => removeEventListener('keydown', pressed))
}
