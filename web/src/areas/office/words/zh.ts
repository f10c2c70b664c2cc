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
    books: '平台账户',
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
  ask: { asked: '已提交，等待同事同意', seeRequest: '查看申请', missing: '请填写上面的各项' },
  changes: {
    title: '变更历史',
    by: '操作人',
    none: '没有变更',
    actions: {
      'person.register': '注册', 'person.enrol': '登记', 'person.name': '更正姓名', 'person.phone': '更换手机号', 'person.real_name': '实名认证', 'person.new_password': '更换密码', 'person.consent': '同意或撤回同意',
      'person.close': '申请注销', 'person.keep': '撤回注销', 'person.delete': '删除', 'person.bind': '绑定推荐人', 'person.import': '导入', 'person.unmask': '查看明文',
      'distributor.join': '加入分销', 'distributor.found': '建立分销树', 'distributor.payee': '更换收款人', 'distributor.state': '变更分销状态', 'distributor.move': '移动位置', 'distributor.terms': '变更等级或计税', 'distributor.limit': '提高限额',
      'grant.request': '申请角色', 'grant.approve': '同意角色', 'grant.refuse': '拒绝角色', 'grant.review': '复核角色', 'grant.revoke': '收回角色', 'staff.invite': '邀请员工', 'staff.code': '重发登录码', 'staff.lock': '锁定', 'staff.unlock': '解锁',
    } as Record<string, string>,
  },
  statement: { at: '时间', change: '变动', balance: '余额', record: '来源', none: '没有变动', pots: { available_fen: '可用', held_fen: '冻结', owed_fen: '待扣回', frozen_fen: '冻结' } as Record<string, string> },
  views: {
    view: '视图', usual: '默认', save: '保存视图', title: '保存为视图', about: '把现在的筛选和显示的列记成一个名字，下次一点即用。视图保存在这台设备上，只有您自己看到。', name: '名称', missing: '请填写名称', keep: '保存', mine: '已保存的视图',
    full: '最多 20 个视图，请先删除不用的。', remove: (name: string) => `删除视图 ${name}`,
  },
  unknownAdvice: '请求已发出但没有收到答复，可能已经生效。请先查询结果，不要重做一遍。',
  me: '我',
}

export type OfficeWords = typeof zh
export default zh
