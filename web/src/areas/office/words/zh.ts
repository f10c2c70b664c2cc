/** 后台的文字。 */
const zh = {
  places: { dashboard: '总览', approvals: '审批' },
  approvals: { title: '审批', nothing: '没有等待您的申请', asked: '申请人', kind: '类型', amount: '金额', since: '申请时间' },
}

export type OfficeWords = typeof zh
export default zh
