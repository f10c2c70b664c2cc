import { describe, expect, it } from 'vitest'

import en from '../words/en.ts'
import zh from '../words/zh.ts'
import { linesOf } from './poster.ts'

const ten = (line: string): number => [...line].length * 10

describe('the lines of a poster', () => {
  it('break behind stops where that will do', () => {
    expect(linesOf('加油卡，在线购买，几分钟可用', 100, ten)).toEqual(['加油卡，在线购买，', '几分钟可用'])
  })

  it('break between words otherwise', () => {
    expect(linesOf('Fuel cards within minutes', 120, ten)).toEqual(['Fuel cards', 'within', 'minutes'])
  })
})

describe('what posters may say', () => {
  it.each([...zh.promote.headlines, ...en.promote.headlines])('"%s" promises no earnings', (headline) => {
    expect(headline).not.toMatch(/赚|收益|佣金|返利|提成|收入|earn|income|commission|profit/i)
  })
})
