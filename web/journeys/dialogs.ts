/** Dialogs: which are written in the sources, which is one looking at, and how does one scan see a page with all that
 * were opened on it? A dialog goes by its tag: the component that writes it, what it writes, and which of several. */
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

import { expect, type Page } from '@playwright/test'

const TAG = /<\w*(?:Dialog|Sheet)\b/g

/** How many dialogs each component writes. */
export function dialogsWritten(): Map<string, number> {
  const counted = globSync('src/**/*.vue').map((file): [string, number] => [basename(file, '.vue'), readFileSync(file, 'utf8').match(TAG)?.length ?? 0])
  return new Map(counted.filter(([, count]) => count > 0))
}

/** What Vue keeps of a page that it has drawn, also of one that is built. */
interface Drawn {
  type?: unknown
  el?: Element | null
  key?: unknown
  children?: unknown
  component?: { type: { __name?: string }; subTree: Drawn } | null
  /** Who wrote it; what comes later is written by a wrapper that has no name. */
  ctx?: { type: { __name?: string }; vnode: Drawn } | null
}

/** The tags of what is open, from the outermost to the innermost: `PersonDetail: PersonSheet 1`. */
export async function dialogsOpen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>()
    const walk = (drawn: Drawn | null, around: readonly string[]): void => {
      if (!drawn || typeof drawn !== 'object') return
      const { type, el, component, children, ctx, key } = drawn
      if (type === 'dialog' && (el as HTMLDialogElement).open) for (const tag of around) found.add(tag)
      const name = component?.type.__name ?? ''
      const writer = ctx?.type.__name ?? ctx?.vnode.ctx?.type.__name
      const tag = `${writer}: ${name} ${typeof key === 'number' ? key : 0}`
      if (component) walk(component.subTree, /(Dialog|Sheet)$/.test(name) ? [...around, tag] : around)
      else if (Array.isArray(children)) for (const child of children as Drawn[]) walk(child, around)
    }
    walk((document.querySelector('#app') as unknown as { _vnode: Drawn })._vnode, [])
    return [...found]
  })
}

type Kept = Document & { dialogsSeen?: Node[] }

/** What is open is closed by the keyboard; a copy of it is kept for the scan. */
export async function putAside(page: Page): Promise<void> {
  const open = page.locator('dialog[open]')
  await open.evaluateAll((all) => ((document as Kept).dialogsSeen ??= []).push(...all.map((one) => one.cloneNode(true))))
  await expect(async () => {
    await page.keyboard.press('Escape')
    await expect(open).toHaveCount(0, { timeout: 500 })
  }).toPass({ timeout: 10_000 })
}

/** A modal dialog makes the rest of its page inert, and a scan leaves out what is. Put back into the page, it is modal
 * no more: the page, what is open on it and what was before are seen by one scan. How many dialogs are there? */
export async function unfold(page: Page): Promise<number> {
  const open = page.locator('dialog[open]')
  await open.evaluateAll((all) => {
    for (const one of all) {
      const [around, next] = [one.parentElement, one.nextSibling]
      one.remove()
      around?.insertBefore(one, next)
    }
    document.querySelector('main')?.append(...((document as Kept).dialogsSeen ?? []))
    for (const one of document.querySelectorAll<HTMLElement>('dialog[open]')) one.style.position = 'static'
  })
  await expect(page.locator(':modal')).toHaveCount(0)
  return open.count()
}
