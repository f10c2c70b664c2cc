/** 分销区的文字。 */
const zh = {
  places: { workbench: '工作台', customers: '客户', promote: '推广', earnings: '收益', me: '我的' },
  workbench: { title: '工作台', available: '可提现', frozen: '冻结中', held: '提现处理中', owed: '待扣回' },
}

export type DistributorWords = typeof zh
export default zh
