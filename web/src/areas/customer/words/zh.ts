/** 顾客区首页与各页共用的文字。 */
const zh = {
  places: { home: '首页', cards: '加油卡', orders: '订单', service: '服务', me: '我的' },
  home: {
    title: '首页', topUp: '充值', buy: '购卡', available: '可用余额', held: (amount: string) => `另有 ${amount} 加油冻结中`,
    cards: '我的卡', previous: '上一张', next: '下一张', noCards: '还没有加油卡', noCardsAdvice: '电子卡付款后几分钟就能用；手里有实体卡，也可以绑定到这里。',
    bind: '绑定实体卡', again: '再来一单', lastOrder: '最近一单', allOrders: '全部订单',
  },
  kinds: { NAMED: '记名', BEARER: '不记名' } as Record<string, string>,
  forms: { VIRTUAL: '电子卡', PHYSICAL: '实体卡' } as Record<string, string>,
  cardName: (issuer: string, kind: string, form: string) => `${issuer} ${kind}${form}`,
  ending: (last4: string) => `尾号 ${last4}`,
  topUpName: (issuer: string) => `${issuer} 充值`,
  uses: { CARD_SALE: '购卡', TOPUP: '充值' } as Record<string, string>,
  cardStates: {
    SOLD: '待激活', ACTIVE: '可用', FROZEN: '已冻结', LOST: '已挂失', REPLACED: '已补卡', EXPIRED: '已过期',
    REFUND_PENDING: '退卡中', CLOSED: '已销卡', RESERVED: '待付款',
  } as Record<string, string>,
  orderStates: {
    CREATED: '已创建', PENDING_PAY: '等待付款', PAID: '已付款', FULFILLING: '处理中', COMPLETED: '已完成', CLOSED: '已关闭',
    RISK_HOLD: '审核中', REFUNDING: '退款中', REFUNDED: '已退款', PARTIALLY_REFUNDED: '已部分退款',
  } as Record<string, string>,
  issuerSilent: '结果未知，查询中',
}

export type CustomerWords = typeof zh
export default zh
