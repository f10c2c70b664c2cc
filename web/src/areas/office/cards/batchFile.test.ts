/** What a batch's file says of itself, before it is sent. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'

import { counted, errorsCsv, FileUnfit, formOf, RowCounter, type FileFlaw } from './batchFile.ts'

function count(...parts: string[]) {
  const counter = new RowCounter()
  parts.forEach((part) => counter.push(part))
  return counter.end()
}

function flawOf(work: () => unknown): FileFlaw | null {
  try {
    work()
    return null
  } catch (trouble) {
    return trouble instanceof FileUnfit ? trouble.flaw : null
  }
}

test.each([
  ['card_number,secret\n1,a\n2,b\n', { rows: 2, faceSumFen: null }],
  ['card_number,secret,face_fen\r\n1,a,50000\r\n2,b,50000', { rows: 2, faceSumFen: 100_000 }],
  ['face_fen,card_number,secret\n20000,"1","a,b"\n\n\n20000,2,"c\nd"\n', { rows: 2, faceSumFen: 40_000 }],
])('%j is counted', (text, told) => {
  expect(count(text)).toEqual(told)
  expect(count(...text)).toEqual(told) // letter by letter, as the network may cut it
})

test.each([
  ['number,secret\n1,a\n', 'columns'],
  ['card_number,secret,secret\n1,a,b\n', 'columns'],
  ['card_number,secret\n', 'noRows'],
  ['', 'noRows'],
])('%j is unfit: %s', (text, flaw) => {
  expect(flawOf(() => count(text))).toBe(flaw)
})

test('the checksum is that of the whole file, and the reading is told to its end', async () => {
  const text = `card_number,secret\n${Array.from({ length: 500 }, (_, row) => `6222${String(row).padStart(12, '0')},secret${row}`).join('\n')}\n`
  const shares: number[] = []
  const told = await counted(new Blob([text]), (share) => shares.push(share))
  expect(told).toEqual({ rows: 500, faceSumFen: null, sha256: createHash('sha256').update(text).digest('hex') })
  expect(shares.at(-1)).toBe(1)
})

test('a file of another encoding is told before it is sent', async () => {
  const blob = new Blob([new Uint8Array([0xff, 0xfe, 0xd7])])
  await expect(counted(blob, () => undefined)).rejects.toThrow('notRead')
})

test('the list of what is wrong opens in a table program', () => {
  const csv = errorsCsv([{ line: 3, flaw: 'NUMBER_TWICE' }], { NUMBER_TWICE: 'Stands "twice"' })
  expect(csv).toBe('\ufeffline,flaw,text\r\n3,NUMBER_TWICE,"Stands ""twice"""\r\n')
})

test('a form without an address is none', () => {
  expect(formOf({ fields: {} })).toBeNull()
  expect(formOf({ url: 'https://x', fields: { key: 'a' } })).toEqual({ url: 'https://x', fields: { key: 'a' } })
})
