/** Hints: when does somebody want help with a form? After it was refused twice, or after a long pause on it; never
 * before, and never again once it was put away. */
import { onScopeDispose, readonly, ref } from 'vue'

const REFUSALS = 2
const PAUSE_MS = 25_000

export function useHint(pauseMs = PAUSE_MS) {
  const shown = ref(false)
  let refusals = 0
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(): void {
    if (!isOver) shown.value = true
  }

  /** Somebody did something: the pause begins anew. */
  function touched(): void {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(show, pauseMs)
  }

  /** The form was refused. */
  function refused(): void {
    refusals += 1
    if (refusals >= REFUSALS) show()
  }

  /** It is sent, or the hint was put away: no more of it. */
  function over(): void {
    isOver = true
    shown.value = false
    clearTimeout(timer)
  }

  touched()
  onScopeDispose(() => clearTimeout(timer))
  return { shown: readonly(shown), touched, refused, over }
}
