/** 平台账户页的文字。 */
const zh = {
  title: '平台账户',
  help: ['平台自己的账户在一个营业日终了时的余额；点账户看当天每一笔，再点可以一直追踪。', '手工记账只限几种固定类型，须另外两位同事同意后才入账。'],
  day: '营业日',
  dayHint: '余额在日终结算后可见',
  account: '账户',
  none: '这一天还没有结算',
  noneAdvice: '日终结算后显示余额；当天的每一笔可以在下面选择账户查看。',
  another: '查看当天每一笔',
  choose: '选择账户',
  post: '手工记账',
  postAbout: '写明类型、金额和依据；由另外两位同事在“审批”中同意后入账。',
  send: '提交申请',
  template: '类型',
  templates: { SUPPLIER_PREPAY: '向油品公司预付', CHANNEL_FEE_RAISED: '渠道费调增', CHANNEL_FEE_LOWERED: '渠道费调减', TAX_REMITTED: '缴纳个税' },
  amount: '金额（元）',
  owner: '油品公司或渠道',
  ownerHint: '代码，例如 oil 或 sandbox',
}

export type BooksWords = typeof zh
export default zh
