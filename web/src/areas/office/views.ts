/** Views: which filters and columns of a table has somebody given a name? The account's preferences have no place for
 * them: they are kept on the device, each person's own. */
import { computed, ref, watch } from 'vue'

import { hiddenIn, hide } from '@/shared/columns.ts'
import { person } from '@/shared/session/session.ts'

export type Filters = Readonly<Record<string, string>>

export interface View {
  name: string
  filters: Filters
  /** The columns that are not shown; null: as the table comes. */
  hidden: readonly string[] | null
}

const KEPT = 'forecourt-views'
export const NAME_MAX = 40
const VIEWS_MAX = 20

interface Of {
  table: string
  /** What is filtered now. */
  filters(): Filters
  apply(filters: Filters): void
}

export function useViews({ table, filters, apply }: Of) {
  const key = computed(() => `${KEPT}:${person.value?.person_id ?? ''}:${table}`)
  const hidden = hiddenIn(table)
  const views = ref<readonly View[]>([])
  watch(key, (now) => (views.value = kept(now)), { immediate: true })
  const now = computed<Omit<View, 'name'>>(() => ({ filters: filters(), hidden: hidden.value ? [...hidden.value].sort() : null }))
  /** The name of the view that is shown; "" where what is shown has none. */
  const current = computed(() => views.value.find((view) => same(view, now.value))?.name ?? '')

  function keep(next: readonly View[]): void {
    views.value = next
    try {
      localStorage.setItem(key.value, JSON.stringify(next))
    } catch {
      // kept for this visit alone
    }
  }

  return {
    views,
    current,
    isFull: computed(() => views.value.length >= VIEWS_MAX),
    /** Gives what is shown now a name; another view of that name gives way. */
    save(name: string): void {
      const called = name.trim().slice(0, NAME_MAX)
      if (called) keep([...views.value.filter((view) => view.name !== called), { name: called, ...now.value }])
    },
    remove: (name: string): void => keep(views.value.filter((view) => view.name !== name)),
    choose(name: string): void {
      const view = views.value.find((one) => one.name === name)
      hide(table, hidden, view?.hidden ? new Set(view.hidden) : null)
      apply(view?.filters ?? {})
    },
  }
}

function same(view: View, now: Omit<View, 'name'>): boolean {
  const text = ({ filters, hidden }: Omit<View, 'name'>): string =>
    JSON.stringify([Object.entries(filters).filter(([, value]) => value).sort(), hidden])
  return text(view) === text(now)
}

function kept(key: string): View[] {
  try {
    const told: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(told) ? told.filter(isView) : []
  } catch {
    return []
  }
}

function isView(told: unknown): told is View {
  if (typeof told !== 'object' || told === null) return false
  const { name, filters, hidden } = told as Record<string, unknown>
  return typeof name === 'string' && typeof filters === 'object' && filters !== null && (hidden === null || Array.isArray(hidden))
}
