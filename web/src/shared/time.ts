/** Time: how is a moment written? Always as clocks in Shanghai show it, whatever the device's zone is. */
import { language } from './preferences.ts'

const ZONE = 'Asia/Shanghai'

function written(moment: string | number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language.value, { timeZone: ZONE, ...options }).format(new Date(moment))
}

/** 2026年11月30日 14:05 */
export function moment(at: string | number): string {
  return written(at, { dateStyle: 'medium', timeStyle: 'short', hour12: false })
}

/** 11月30日 14:05:09, for steps that follow each other closely. */
export function momentWithSeconds(at: string | number): string {
  return written(at, { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
}

/** 2026年11月30日. A business date ("2026-11-30") is that date everywhere. */
export function day(at: string | number): string {
  return written(typeof at === 'string' && at.length === 10 ? `${at}T00:00:00+08:00` : at, { dateStyle: 'medium' })
}

/** 14:05 */
export function clock(at: string | number): string {
  return written(at, { timeStyle: 'short', hour12: false })
}

/** The business date of now, as an input of dates and the API write it: 2026-11-30. */
export function today(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date())
}
