/** The document of a plan, as far as it is read here. */
export interface Rule {
  rule_id: string
  kind: string
  value: number
  level?: number | null
  [more: string]: unknown
}

export interface PlanDocument {
  plan_id?: string
  paid_levels?: number
  margin_share_bps?: number
  line_cap_bps?: number
  wallet_purchase_pays?: boolean
  tiers?: string[]
  campaigns?: { campaign_id: string; budget_fen?: number }[]
  hold_days?: Record<string, number>
  events?: string[]
  rules?: Rule[]
  [other: string]: unknown
}
