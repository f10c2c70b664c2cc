/** Posters: three plain layouts on a canvas. What they say is chosen from approved lines, never typed: nobody
 * promises earnings, and each picture says that it is an advertisement. */

export const LAYOUTS = ['middle', 'band', 'wide'] as const
export type Layout = (typeof LAYOUTS)[number]

export interface Size {
  width: number
  height: number
}

export function sizeOf(layout: Layout): Size {
  return layout === 'wide' ? { width: 1600, height: 900 } : { width: 1080, height: 1440 }
}

export interface Said {
  headline: string
  scan: string
  code: string
  brand: string
  mark: string
}

export interface Colours {
  from: string
  to: string
  on: string
  quiet: string
}

/** The pieces of a text that stay together: words, each with the blanks and stops behind it. */
function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    if (isWordLike || !pieces.length) pieces.push(segment)
    else pieces[pieces.length - 1] += segment
  }
  return pieces
}

/** A text in lines no wider than a width, broken behind stops where that will do, else between words. */
export function linesOf(text: string, width: number, measure: (line: string) => number): string[] {
  const fits = (line: string): boolean => measure(line.trimEnd()) <= width
  const phrases = text.split(/(?<=[，。；：]|[,.;:] )/u)
  const lines: string[] = []
  let line = ''
  for (const piece of phrases.flatMap((phrase) => (fits(phrase) ? [phrase] : piecesOf(phrase)))) {
    if (line && !fits(line + piece)) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  return line ? [...lines, line.trimEnd()] : lines
}

type Brush = CanvasRenderingContext2D

const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
const fontOf = (size: number, weight = 700): string => `${weight} ${size}px ${FONT}`

function ground(brush: Brush, colours: Colours, x: number, y: number, width: number, height: number): void {
  const shade = brush.createLinearGradient(x, y, x + width, y + height)
  shade.addColorStop(0, colours.from)
  shade.addColorStop(1, colours.to)
  brush.fillStyle = shade
  brush.fillRect(x, y, width, height)
}

function text(brush: Brush, said: string, x: number, y: number, size: number, colour: string, align: CanvasTextAlign, weight = 700): void {
  brush.font = fontOf(size, weight)
  brush.fillStyle = colour
  brush.textAlign = align
  brush.fillText(said, x, y)
}

/** Two lines at most, in the largest letters in which they are. */
function headline(brush: Brush, said: string, x: number, y: number, width: number, colour: string, align: CanvasTextAlign): void {
  for (const size of [84, 72, 60, 48]) {
    brush.font = fontOf(size)
    const lines = linesOf(said, width, (line) => brush.measureText(line).width)
    if (lines.length > 2 && size > 48) continue
    lines.forEach((line, index) => text(brush, line, x, y + index * size * 1.35, size, colour, align))
    return
  }
}

function code(brush: Brush, picture: CanvasImageSource, colours: Colours, x: number, y: number, size: number): void {
  const rim = size * 0.06
  brush.fillStyle = colours.on
  brush.beginPath()
  brush.roundRect(x - rim, y - rim, size + 2 * rim, size + 2 * rim, rim)
  brush.fill()
  brush.drawImage(picture, x, y, size, size)
}

const DRAWN: Record<Layout, (brush: Brush, said: Said, picture: CanvasImageSource, colours: Colours) => void> = {
  middle(brush, said, picture, colours) {
    ground(brush, colours, 0, 0, 1080, 1440)
    text(brush, said.brand, 540, 150, 48, colours.quiet, 'center')
    headline(brush, said.headline, 540, 290, 880, colours.on, 'center')
    code(brush, picture, colours, 290, 570, 500)
    text(brush, said.scan, 540, 1200, 44, colours.on, 'center', 600)
    text(brush, said.code, 540, 1270, 44, colours.quiet, 'center', 600)
    text(brush, said.mark, 1040, 1400, 28, colours.quiet, 'right', 400)
  },
  band(brush, said, picture, colours) {
    brush.fillStyle = colours.on
    brush.fillRect(0, 0, 1080, 1440)
    ground(brush, colours, 0, 0, 1080, 560)
    text(brush, said.brand, 90, 140, 48, colours.quiet, 'left')
    headline(brush, said.headline, 90, 290, 900, colours.on, 'left')
    code(brush, picture, colours, 90, 690, 480)
    text(brush, said.scan, 90, 1280, 44, colours.from, 'left', 600)
    text(brush, said.code, 90, 1350, 44, colours.from, 'left', 600)
    text(brush, said.mark, 1040, 1400, 28, colours.from, 'right', 400)
  },
  wide(brush, said, picture, colours) {
    ground(brush, colours, 0, 0, 1600, 900)
    text(brush, said.brand, 110, 170, 48, colours.quiet, 'left')
    headline(brush, said.headline, 110, 340, 780, colours.on, 'left')
    text(brush, said.scan, 110, 720, 44, colours.on, 'left', 600)
    text(brush, said.code, 110, 790, 44, colours.quiet, 'left', 600)
    code(brush, picture, colours, 1000, 200, 500)
    text(brush, said.mark, 1560, 865, 28, colours.quiet, 'right', 400)
  },
}

/** Draws a poster on the canvas, which takes the size of the layout. */
export function draw(canvas: HTMLCanvasElement, layout: Layout, said: Said, picture: CanvasImageSource, colours: Colours): void {
  const { width, height } = sizeOf(layout)
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')
  if (brush) DRAWN[layout](brush, said, picture, colours)
}

/** The colours of a card, as the page has them. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const named = (name: string): string => style.getPropertyValue(name).trim()
  return { from: named('--card-from'), to: named('--card-to'), on: named('--on-card'), quiet: named('--on-card-quiet') }
}
