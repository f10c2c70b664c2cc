/** 风险预警的文字。 */
const zh = {
  title: '风险预警',
  help: [
    '按营业日列出可疑订单或买家：命中哪些规则、冻结了什么、最晚何时须处理。',
    '判定为欺诈：未发货的订单退回付款人；判定正常：冻结的全部恢复。先作出的判定有效。',
    '证据列出当时的全部事实、阈值和规则版本，可据此重新计算。',
  ],
  day: '营业日',
  nothing: '这一天没有预警',
  nothingAdvice: '换一天看看；新的预警会自动出现。',
  alert: '预警',
  state: '状态',
  severity: '严重程度',
  rules: '命中规则',
  held: '已冻结',
  due: '处理期限',
  raised: '发现时间',
  owner: '负责人',
  order: '订单',
  customer: '客户',
  decidedBy: '判定人',
  reason: '理由',
  evidence: '证据',
  decide: '作出判定',
  overdue: '已超期',
  states: { OPEN: '待判定', CLEARED: '正常', CONFIRMED: '欺诈' } as Record<string, string>,
  severities: { LOW: '低', MEDIUM: '中', HIGH: '高' } as Record<string, string>,
  holds: { GOODS: '货物', COMMISSION: '佣金', CARDS: '卡' } as Record<string, string>,
  ruleNames: { VELOCITY_COUNT: '短时充值次数过多', VELOCITY_SUM: '短时充值金额过大', MANY_CARDS: '同一人多张卡', SELF_PURCHASE: '自买自赚', STRUCTURING: '化整为零', SELF_REFERRAL: '自我推荐' } as Record<string, string>,
  verdicts: {
    FRAUD: { label: '欺诈', about: '未发货的订单退回付款人，冻结的佣金不再发放。' },
    NO_FRAUD: { label: '正常', about: '货物、佣金和卡全部恢复。' },
  },
  confirm: '确认判定',
}

export type AlertsWords = typeof zh
export default zh
