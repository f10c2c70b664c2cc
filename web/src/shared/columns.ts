/** Columns: which of a table's are hidden? Kept on the device under the table's name, the same for all who ask. */
import { ref, type Ref } from 'vue'

export type Hidden = ReadonlySet<string>

const known = new Map<string, Ref<Hidden | null>>()
const KEPT = 'forecourt-columns'
const keyOf = (name: string): string => `${KEPT}:${name}`

/** Null while nobody has chosen. A table without a name is chosen for anew each time. */
export function hiddenIn(name: string): Ref<Hidden | null> {
  const there = known.get(name)
  if (there) return there
  const fresh = ref<Hidden | null>(kept(name))
  if (name) known.set(name, fresh)
  return fresh
}

export function hide(name: string, of: Ref<Hidden | null>, hidden: Hidden | null): void {
  of.value = hidden
  try {
    if (!name) return
    if (hidden) localStorage.setItem(keyOf(name), JSON.stringify([...hidden]))
    else localStorage.removeItem(keyOf(name))
  } catch {
    // kept for this visit alone
  }
}

function kept(name: string): Hidden | null {
  try {
    const told: unknown = name ? JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null') : null
    return Array.isArray(told) ? new Set(told.map(String)) : null
  } catch {
    return null
  }
}
