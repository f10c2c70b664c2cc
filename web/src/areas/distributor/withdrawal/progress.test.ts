import { describe, expect, it } from 'vitest'

import zh from '../words/zh.ts'
import { isCancellable, stepsOf, toneOf } from './progress.ts'

const at = '2026-11-30T12:00:00Z'
const step = (name: string, reason = '') => ({ step: name, actor: 'cus_A', at, reason })
const shown = (state: string, needed: number, ...names: (string | [string, string])[]) =>
  stepsOf(
    { state, approvals_needed: needed, history: names.map((one) => (typeof one === 'string' ? step(one) : step(...one))) },
    zh.progress,
  ).map(({ place, label, note }) => [place, label, ...(note ? [note] : [])].join(' '))

describe('the progress of a withdrawal', () => {
  it('names who reviews next, and what comes after', () => {
    expect(shown('REVIEW_1', 2, 'SUBMIT', 'OPEN_REVIEW')).toEqual(['past 已提交申请', 'now 等待财务复核', 'next 等待风控复核', 'next 等待银行付款', 'next 到账'])
    expect(shown('REVIEW_2', 2, 'SUBMIT', 'OPEN_REVIEW', 'APPROVE')).toEqual(['past 已提交申请', 'past 财务复核通过', 'now 等待风控复核', 'next 等待银行付款', 'next 到账'])
  })

  it('ends with the reason of a refusal', () => {
    expect(shown('REJECTED', 1, 'SUBMIT', 'OPEN_REVIEW', ['REJECT', '户名不符'])).toEqual(['past 已提交申请', 'now 未通过，金额已退回可提现 原因：户名不符'])
    expect(toneOf('REJECTED')).toBe('bad')
  })

  it('never calls a lost answer of the bank a failure', () => {
    expect(shown('UNKNOWN', 1, 'SUBMIT', 'OPEN_REVIEW', 'APPROVE_LAST', 'PAY', 'LOSE_ANSWER').at(-1)).toBe('now 正在向银行查询结果')
    expect(toneOf('UNKNOWN')).toBe('unknown')
  })

  it('can be cancelled until it is approved', () => {
    expect(['SUBMITTED', 'REVIEW_1', 'REVIEW_3', 'APPROVED', 'PAYING', 'PAID', 'CANCELLED'].filter(isCancellable)).toEqual(['SUBMITTED', 'REVIEW_1', 'REVIEW_3'])
  })
})
