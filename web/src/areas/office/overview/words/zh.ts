/** 总览的文字。 */
const zh = {
  title: '总览',
  help: ['每个角色看到与自己工作有关的卡片；显示哪些卡片由您选择，保存在本机。', '图表旁可切换为表格，表格里是准确数字。', '资金与交易由归档记录汇总，约每分钟更新；队列与风险为此刻的数字。'],
  choose: '显示哪些卡片',
  cards: { queues: '待办', money: '资金', trade: '交易', risk: '风险', margins: '各商品毛利' },
  places: '去处',
  asOf: '数据截至',
  uncounted: (count: number) => `另有 ${count} 条记录尚未计入`,
  nothingYet: '还没有记录',
  queue: '队列',
  waiting: '等待',
  oldest: '最早',
  more: '以上',
  queues: {
    WITHDRAWALS: '提现', APPROVALS: '审批', REFUNDS_BY_HAND: '等待人工的退款', ORDERS_TOPUP: '等油企充值结果', ORDERS_REFUND: '等渠道退款结果', ORDERS_CLOSURE: '等待油企关卡', ORDERS_PAYMENT: '付款结果不明', ORDERS_HELD: '风控暂扣的订单', ALERTS: '风险预警', FINDINGS: '账务核查', DIFFERENCES: '对账差异',
  },
  customers: '属于顾客的钱', prepaid: '卡上可用', authorized: '卡上冻结', refunds: '退款在途', cover: '对应的资金', custody: '存管账户', channels: '渠道未结算', coverage: '覆盖率', operating: '自有账户', suppliers: '预付油企', tax: '代扣税未缴',
  commission: '佣金', pots: { available: '可提现', frozen: '未到期', held: '风控暂扣', withdrawals: '提现中', clawback: '应追回' },
  turnover: '成交额', refunded: '退款', margin: '毛利', tradeTitle: '近 30 天成交、退款与毛利', ordersTitle: '近 30 天订单与退款笔数', orders: '订单', refundCount: '退款笔数',
  open: '未结论', severities: '按严重程度', severity: { HIGH: '高', MEDIUM: '中', LOW: '低' }, riskTitle: '未结论的预警（按日）', since: '最早',
  marginsTitle: (day: string) => `各商品毛利 · ${day}`, day: '日期', spread: '差价', noMargins: '这一天没有成交',
}

export type OverviewWords = typeof zh
export default zh
