/** 加油卡各页的文字。 */
const zh = {
  title: '加油卡', list: '卡片列表', empty: '还没有加油卡', emptyAdvice: '买一张电子卡，或把手里的实体卡绑定到这里。', choose: '选一张卡查看详情', bind: '绑定实体卡', past: '已停用的卡',
  help: '点一张卡可以看余额、明细，冻结或挂失。',
  card: {
    title: '卡片', facts: '卡片信息', balance: '余额合计', held: '加油冻结', state: '状态', cap: '法定余额上限', room: '还能充值', kind: '类型', number: '卡号', frozenBy: '冻结方', lostAt: '挂失时间', statement: '查看明细',
    issuerHolds: '余额在油企，加油时以油企为准', actions: '安全与服务', help: '冻结随时可以自己解除。挂失后 24 小时内可以撤销；补卡后余额转到新卡，旧卡作废。',
    openReplacement: '查看新卡', replaced: '余额已转到新卡',
  },
  freezers: { HOLDER: '您本人', SUPPORT: '客服', RISK: '风控' } as Record<string, string>,
  actions: {
    activate: '激活', freeze: '冻结', unfreeze: '解冻', loss: '挂失', lossWithdrawal: '撤销挂失', replacement: '补卡', topUp: '充值', reveal: '查看卡号和密码', refund: '退卡',
  } as Record<string, string>,
  asks: {
    freeze: { title: '冻结这张卡？', text: '冻结后不能消费和付款，余额不变。您随时可以自己解冻。', action: '冻结' },
    unfreeze: { title: '解冻这张卡？', text: '解冻后立即恢复使用。', action: '解冻' },
    loss: { title: '挂失这张卡？', text: '挂失后卡不能使用，余额不变。24 小时内可以撤销；之后可以补卡，余额转到新卡。', action: '挂失' },
    lossWithdrawal: { title: '撤销挂失？', text: '确认卡已找回、一直在您手里，再撤销。', action: '撤销挂失' },
    replacement: { title: '补一张新卡？', text: '余额全部转到新卡，旧卡作废，不收费。这一步不能撤回。', action: '补卡' },
  },
  officeFroze: (who: string) => `由${who}冻结，您不能解冻，请联系客服。`,
  activate: { title: '激活这张卡', text: '刮开卡面涂层，输入卡密。', secret: '卡密', action: '激活' },
  reveal: {
    title: '查看卡号和密码', warning: '只显示这一次，之后谁也看不到，包括客服。请确认周围没有人，网络稳定，并准备好记录。', spent: '查看后视为已使用：油企卡退款时须先由油企确认未使用。', action: '我知道了，显示',
    number: '卡号', secret: '密码', hide: '收起', gone: '已收起。密码不会再显示。', offline: '现在离线。为避免显示丢失，请恢复网络后再查看。', lost: '没有收到答复，密码可能已视为显示过。请刷新卡片；如未看到密码，请刮开卡面或联系客服。', left: (seconds: number) => `${seconds} 秒后自动收起`,
  },
  bindPage: {
    title: '绑定实体卡', text: '输入卡面上的卡号和涂层下的密码，卡就会出现在“加油卡”里。', number: '卡号', numberHint: '12 到 20 位数字', secret: '密码', secretHint: '涂层下的字母和数字', action: '绑定',
    help: '卡号和密码只用于核对，不会保存在这台设备上。输错次数过多，这张卡会锁定一天。', hint: '密码里没有字母 O、I、L 和数字 0、1，容易看错的请再核对一遍。卡号在卡的正面。仍不成功，请持卡联系客服。', numberWrong: '卡号是 12 到 20 位数字', secretWrong: '密码只有字母和数字',
  },
  statement: {
    title: '明细', empty: '还没有变动', credited: '入账', debited: '支出', refunded: '退款', stateOnly: (state: string) => `状态变为${state}`, order: '查看订单', balance: '余额', held: '冻结', when: '时间', what: '事项', amount: '金额',
    held_delta: '冻结变动', topUp: '充值', paid: '付款', bought: '购卡入账', help: '每一次变动都在这里，最新的在最上面。', caption: (last4: string) => `尾号 ${last4} 的明细`,
  },
}

export type CardWords = typeof zh
export default zh
