/** 顾客区的文字。 */
const zh = {
  places: { home: '首页', cards: '加油卡', orders: '订单', service: '服务', me: '我的' },
  home: { title: '首页', topUp: '充值', buy: '购卡', available: '可用余额', noCards: '还没有加油卡', noCardsAdvice: '先买一张卡，几分钟就能用。' },
  orderStates: {
    CREATED: '已创建', PENDING_PAY: '等待付款', PAID: '已付款', FULFILLING: '处理中', COMPLETED: '已完成', CLOSED: '已关闭',
    RISK_HOLD: '审核中', REFUNDING: '退款中', REFUNDED: '已退款', PARTIALLY_REFUNDED: '已部分退款',
  } as Record<string, string>,
}

export type CustomerWords = typeof zh
export default zh
