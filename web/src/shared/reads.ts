/** Reads: how does a screen get what it shows? What is known is shown at once and asked for anew; never twice at once.
 *
 *     const order = useRead(() => ['orders', id], () => answer(api.GET('/v1/orders/{order_id}', …)))
 *     const orders = usePages(['orders'], (cursor) => answer(api.GET('/v1/orders', …)))
 *
 * The libraries for this weigh a sixth of what a phone may load before the first page; this is what we need of them.
 */
import { computed, onScopeDispose, ref, shallowReactive, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { Unreached } from './api/problem.ts'

export type Key = readonly (string | number)[]

interface Entry {
  data: unknown
  error: Error | null
  /** The question on its way, if any. */
  asking: Promise<void> | null
  /** Counts what changed: the answer to a question of before is not kept. */
  round: number
}

const KNOWN_MAX = 200
const entries = new Map<string, Entry>()
const looking = new Set<{ key: string; again(): Promise<void> }>()

/** An entry whose prefix is another key begins with it, without its closing bracket. */
const nameOf = (key: Key): string => JSON.stringify(key)

function entryOf(key: string): Entry {
  const known = entries.get(key)
  if (known) return known
  if (entries.size >= KNOWN_MAX) forgetUnseen()
  const fresh: Entry = shallowReactive({ data: undefined, error: null, asking: null, round: 0 })
  entries.set(key, fresh)
  return fresh
}

function forgetUnseen(): void {
  const seen = new Set([...looking].map((one) => one.key))
  for (const key of entries.keys()) if (!seen.has(key)) entries.delete(key)
}

/** A lost answer of a read is asked for once more; a refusal is an answer. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (trouble) {
    if (trouble instanceof Unreached) return await ask()
    throw trouble
  }
}

function asked(entry: Entry, ask: () => Promise<unknown>): Promise<void> {
  if (entry.asking) return entry.asking
  const { round } = entry
  const keep = (told: Partial<Entry>): void => {
    if (entry.round === round) Object.assign(entry, told)
  }
  const asking = patiently(ask)
    .then((data) => keep({ data, error: null }))
    .catch((error: unknown) => keep({ error: error instanceof Error ? error : new Error(String(error)) }))
    .finally(() => keep({ asking: null }))
  entry.asking = asking
  return asking
}

interface Wishes {
  enabled?: MaybeRefOrGetter<boolean>
  /** How often it is asked again while it is looked at, in milliseconds; 0 is never. */
  everyMs?: MaybeRefOrGetter<number>
}

/** One answer: `data` and `error` beside each other, for what is known stays when the next question fails. */
export function useRead<T>(key: MaybeRefOrGetter<Key>, ask: () => Promise<T>, { enabled, everyMs }: Wishes = {}) {
  const name = computed(() => nameOf(toValue(key)))
  const entry = computed(() => entryOf(name.value))
  const isEnabled = computed(() => toValue(enabled) ?? true)
  const look = { key: name.value, again: () => (isEnabled.value ? asked(entry.value, ask) : Promise.resolve()) }
  looking.add(look)
  watch(
    [name, isEnabled],
    () => {
      look.key = name.value
      void look.again()
    },
    { immediate: true },
  )
  let timer = 0
  watch(
    () => toValue(everyMs) ?? 0,
    (period) => {
      clearInterval(timer)
      if (period) timer = window.setInterval(() => document.visibilityState === 'visible' && void look.again(), period)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    looking.delete(look)
    clearInterval(timer)
  })
  return {
    data: computed(() => entry.value.data as T | undefined),
    error: computed(() => entry.value.error),
    isFetching: computed(() => entry.value.asking !== null),
    isPending: computed(() => isEnabled.value && entry.value.data === undefined && !entry.value.error),
    refetch: look.again,
  }
}

interface PageOf<T> {
  items: T[]
  next?: string | null | undefined
}

/** A list that comes page by page; `items` are all that came so far. A change begins it anew. */
export function usePages<T>(
  key: MaybeRefOrGetter<Key>,
  ask: (cursor: string | undefined) => Promise<PageOf<T>>,
  wishes: Wishes = {},
) {
  const first = useRead(key, () => ask(undefined), wishes)
  const more = ref<PageOf<T>[]>([])
  const isFetchingNextPage = ref(false)
  watch(first.data, () => (more.value = []))
  const last = computed(() => more.value.at(-1) ?? first.data.value)
  const trouble = ref<Error | null>(null)

  async function fetchNextPage(): Promise<void> {
    const cursor = last.value?.next
    if (!cursor || isFetchingNextPage.value) return
    isFetchingNextPage.value = true
    const begun = first.data.value
    try {
      const page = await patiently(() => ask(cursor))
      if (begun === first.data.value) more.value = [...more.value, page] as typeof more.value
      trouble.value = null
    } catch (problem) {
      trouble.value = problem as Error
    } finally {
      isFetchingNextPage.value = false
    }
  }

  return {
    ...first,
    error: computed(() => first.error.value ?? trouble.value),
    items: computed(() => [...(first.data.value?.items ?? []), ...(more.value.flatMap((page) => page.items) as T[])]),
    hasNextPage: computed(() => Boolean(last.value?.next)),
    isFetchingNextPage,
    fetchNextPage,
  }
}

/** What is known under these keys, and under longer ones that begin so, is no longer right: ask again. */
export async function changed(...keys: Key[]): Promise<void> {
  const begins = keys.map((key) => nameOf(key).slice(0, -1))
  const touched = (name: string): boolean =>
    begins.some((begin) => name.startsWith(begin) && /^[,\]]/.test(name.slice(begin.length)))
  for (const [name, entry] of entries) {
    if (!touched(name)) continue
    entry.round += 1
    entry.asking = null
    if (![...looking].some((one) => one.key === name)) entries.delete(name)
  }
  await Promise.all([...looking].filter((one) => touched(one.key)).map((one) => one.again()))
}

/** Everything that is looked at is asked for anew; it only reads. */
export async function refresh(): Promise<void> {
  await Promise.all([...looking].map((one) => one.again()))
}

/** Everything that is known is forgotten: somebody else is here now. */
export function forgetReads(): void {
  for (const entry of entries.values()) entry.round += 1
  entries.clear()
}
