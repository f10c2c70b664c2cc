/** Today: what was earned since midnight in Shanghai, what was taken back included. */

const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000

function businessDay(at: number): number {
  return Math.floor((at + SHANGHAI_MS) / DAY_MS)
}

interface Earned {
  at: string
  amount_fen: number
  action: string
}

export function earnedToday(entries: readonly Earned[], now: number): { fen: number; count: number } {
  const own = entries.filter(({ at }) => businessDay(Date.parse(at)) === businessDay(now))
  return {
    fen: own.reduce((sum, { amount_fen: fen }) => sum + fen, 0),
    count: own.filter(({ action }) => action === 'COMMISSION').length,
  }
}
