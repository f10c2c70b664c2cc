/** 后台框架的文字；每个页面另有自己的。 */
const zh = {
  groups: { work: '工作台', cards: '卡与商品', orders: '订单与充值', people: '客户', distribution: '分销', finance: '财务', risk: '风控', system: '系统' },
  places: {
    overview: '总览',
    approvals: '审批',
    products: '商品与库存',
    batches: '批次',
    orders: '订单',
    refunds: '等待人工的退款',
    people: '客户',
    distribution: '分销商',
    plans: '佣金方案',
    withdrawals: '提现',
    ledger: '账本',
    reconciliation: '渠道对账',
    findings: '账务核查',
    alerts: '风险预警',
    parameters: '参数',
    staff: '员工与角色',
    reads: '访问审计',
    archive: '归档核验',
  },
  roles: { admin: '管理员', auditor: '审计', finance: '财务', ops: '运营', risk: '风控', support: '客服' },
  and: '、',
  stages: { local: '本机沙箱', dev: '测试环境', prod: '生产环境' },
  notForYou: { title: '这里不归您的角色', about: (roles: string) => `可以使用本页的角色：${roles}。需要时请管理员授予。` },
  fourEyes: {
    mine: '由您提出：须由另一位同事决定',
    agreed: '您已同意：其余须由另一位同事决定',
    approvedByMe: '您已批准：须由另一位同事付款',
  },
  decide: { reason: '理由', reasonHint: '2 至 200 字，永久记录。', missing: { choice: '请选择一项', reason: '请写明理由，至少 2 个字', detail: '请填写依据' } },
  totals: { page: (count: number) => `本页 ${count} 条`, all: (count: number) => `全部 ${count} 条`, soFar: '还有更多未加载' },
  views: {
    view: '视图', usual: '默认', save: '保存视图', title: '保存为视图', about: '把现在的筛选和显示的列记成一个名字，下次一点即用。视图保存在这台设备上，只有您自己看到。', name: '名称', missing: '请填写名称', keep: '保存', mine: '已保存的视图',
    full: '最多 20 个视图，请先删除不用的。', remove: (name: string) => `删除视图 ${name}`,
  },
  unknownAdvice: '请求已发出但没有收到答复，可能已经生效。请先查询结果，不要重做一遍。',
  me: '我',
}

export type OfficeWords = typeof zh
export default zh
