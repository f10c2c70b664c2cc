/** 演示的文字。 */
const zh = {
  title: '操作演示', mark: '演示 · 样例数据 · 不发送、不扣款', place: (now: number, all: number) => `第 ${now} 步，共 ${all} 步`, previous: '上一步', next: '下一步', finish: '结束演示', leave: '退出演示', notPaid: '这是演示：没有付款，也没有下单。',
  steps: [
    { title: '卡和余额', text: '首页先看到卡里能用多少。加油时冻结的金额单独列出。' },
    { title: '充值', text: '常用金额排在前面。选好以后点“去确认”。' },
    { title: '订单到哪一步了', text: '每一步都有时间，并且说明钱在哪里。没有收到答复时写“结果未知”，不会写“失败”。' },
    { title: '卡号和密码', text: '实体卡的密码只显示一次，之后收起。' },
    { title: '退款', text: '先看到退多少、从哪张卡扣，再确认。' },
  ],
  tryConfirm: '去确认', unknown: '看看没收到答复时的样子', known: '看看已完成的样子', show: '显示一次',
}

export type DemoWords = typeof zh
export default zh
