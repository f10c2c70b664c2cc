/** A batch's file: how many rows, which face value in all, which SHA-256? Counted here, before anything is sent; the
 * API counts anew and checks each line. No secret is kept or shown. */

export const FILE_BYTES_MAX = 16 * 1024 * 1024
const REQUIRED = ['card_number', 'secret']
const ALLOWED = new Set([...REQUIRED, 'face_fen'])

export interface Counted {
  rows: number
  /** Of the column face_fen; null where the file has none. */
  faceSumFen: number | null
}

export type FileFlaw = 'tooLarge' | 'notRead' | 'noRows' | 'columns'

export class FileUnfit extends Error {
  readonly flaw: FileFlaw

  constructor(flaw: FileFlaw) {
    super(flaw)
    this.flaw = flaw
  }
}

/** Counts the rows of a CSV as it comes; quotes may hold commas and lines, an empty line holds no card. */
export class RowCounter {
  private field = ''
  private fields: string[] = []
  private isQuoted = false
  private hasBegun = false
  private header: string[] | null = null
  private rows = 0
  private faceSum = 0

  push(text: string): void {
    for (const letter of text) this.take(letter)
  }

  private take(letter: string): void {
    if (letter === '"') this.isQuoted = !this.isQuoted
    else if (this.isQuoted) this.field += letter
    else if (letter === ',') this.endField()
    else if (letter === '\n' || letter === '\r') this.endLine()
    else this.field += letter
    if (letter !== '\n' && letter !== '\r') this.hasBegun = true
  }

  private endField(): void {
    this.fields.push(this.field)
    this.field = ''
  }

  private endLine(): void {
    if (!this.hasBegun) return
    this.endField()
    if (this.header === null) this.header = this.checked(this.fields)
    else this.count(this.fields)
    this.fields = []
    this.hasBegun = false
  }

  private checked(header: string[]): string[] {
    const known = new Set(header)
    const fits = known.size === header.length && REQUIRED.every((name) => known.has(name)) && header.every((name) => ALLOWED.has(name))
    if (!fits) throw new FileUnfit('columns')
    return header
  }

  private count(fields: string[]): void {
    this.rows += 1
    const face = Number(fields[this.header?.indexOf('face_fen') ?? -1] ?? 0)
    if (Number.isSafeInteger(face)) this.faceSum += face
  }

  end(): Counted {
    this.endLine()
    if (this.header === null || this.rows === 0) throw new FileUnfit('noRows')
    return { rows: this.rows, faceSumFen: this.header.includes('face_fen') ? this.faceSum : null }
  }
}

/** The counts and the checksum; `told` hears how much of the file is read, from 0 to 1. Throws FileUnfit. */
export async function counted(file: Blob, told: (share: number) => void): Promise<Counted & { sha256: string }> {
  if (file.size > FILE_BYTES_MAX) throw new FileUnfit('tooLarge')
  const counter = new RowCounter()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = file.stream().getReader()
  let read = 0
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      counter.push(decoder.decode(part.value, { stream: true }))
      read += part.value.length
      told(read / file.size)
    }
    counter.push(decoder.decode())
  } catch (trouble) {
    throw trouble instanceof FileUnfit ? trouble : new FileUnfit('notRead')
  }
  return { ...counter.end(), sha256: await sha256Of(file) }
}

async function sha256Of(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export interface Form {
  url: string
  fields: Record<string, string>
}

/** The form as the API gives it, or null when it is none. */
export function formOf(upload: Record<string, unknown>): Form | null {
  const { url, fields } = upload
  if (typeof url !== 'string' || typeof fields !== 'object' || fields === null) return null
  return { url, fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])) }
}

/** Sends the file by the form: its fields, and the file last. The browser's older way, for it tells how far it is. */
export function uploaded(form: Form, file: Blob, told: (share: number) => void): Promise<void> {
  const body = new FormData()
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value)
  body.append('file', file)
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    request.open('POST', form.url)
    request.upload.onprogress = (event) => told(event.lengthComputable ? event.loaded / event.total : 0)
    request.onload = () => (request.status < 300 ? done() : failed(new Error(`HTTP ${request.status}`)))
    request.onerror = () => failed(new Error('no answer'))
    request.send(body)
  })
}

/** The list of what is wrong as a file that a table program opens. */
export function errorsCsv(errors: readonly { line: number; flaw: string }[], words: Readonly<Record<string, string>>): string {
  const rows = errors.map(({ line, flaw }) => `${line},${flaw},"${(words[flaw] ?? flaw).replaceAll('"', '""')}"`)
  return `\ufeffline,flaw,text\r\n${rows.join('\r\n')}\r\n`
}
