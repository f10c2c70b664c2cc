/** Money: how is an amount of fen written and read? Whole fen everywhere; yuan only as text. */

const grouped = new Intl.NumberFormat('en-US', { useGrouping: true })

/** ¥1,234.56; a debt has its sign before the ¥, so that it is never lost at the end of a line. */
export function yuan(fen: number): string {
  const whole = Math.trunc(Math.abs(fen) / 100)
  const rest = String(Math.abs(fen) % 100).padStart(2, '0')
  return `${fen < 0 ? '−' : ''}¥${grouped.format(whole)}.${rest}`
}

/** With its sign, also when it is a gain: for lines of a statement. */
export function signedYuan(fen: number): string {
  return fen > 0 ? `+${yuan(fen)}` : yuan(fen)
}

/** 120 basis points are 1.2 %. */
export function percent(bps: number): string {
  return `${(bps / 100).toFixed(2).replace(/\.?0+$/, '')}%`
}

/** The fen that somebody typed as yuan, or null when it is no amount: 100, 100.5, ¥1,234.56. */
export function fenOf(typed: string): number | null {
  const plain = typed.trim().replace(/^[¥￥]\s*/, '').replace(/[,，]/g, '')
  const parts = /^(\d{1,10})(?:[.。](\d{1,2}))?$/.exec(plain)
  if (!parts) return null
  return Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
}
