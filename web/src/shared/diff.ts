/** A diff: what differs between two documents, place by place?
 *
 * A place is the way to a value: `hold_days.card_sale`, `rules[2].rate_bps`. Values that are equal are left out unless
 * they are asked for.
 */
export interface Difference {
  path: string
  before: unknown
  after: unknown
  change: 'added' | 'removed' | 'changed' | 'same'
}

type Leaves = Map<string, unknown>

function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** Every value that has none below it, by its place; a list of plain values is one value. */
function leavesOf(value: unknown, path = '', leaves: Leaves = new Map()): Leaves {
  const isPlainList = Array.isArray(value) && value.every((one) => !isBranch(one))
  if (!isBranch(value) || isPlainList) {
    if (path) leaves.set(path, value)
    return leaves
  }
  for (const [name, below] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${name}]` : path ? `.${name}` : name
    leavesOf(below, path + step, leaves)
  }
  return leaves
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

export function diffOf(before: unknown, after: unknown, withSame = false): Difference[] {
  const old = leavesOf(before)
  const now = leavesOf(after)
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const change = !old.has(path) ? 'added' : !now.has(path) ? 'removed' : same(old.get(path), now.get(path)) ? 'same' : 'changed'
    return change === 'same' && !withSame ? [] : [{ path, before: old.get(path), after: now.get(path), change } as const]
  })
}

/** The last name of a place, which says in what it is measured: `rules[2].rate_bps` is a rate. */
export function nameIn(path: string): string {
  return /([A-Za-z_]\w*)(?:\[\d+\])*$/.exec(path)?.[1] ?? path
}
