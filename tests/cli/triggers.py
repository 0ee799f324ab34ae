"""What `stripe trigger` can make happen, as far as Florin is to follow (the CLI's own list, 1.52.0)."""

# Every trigger of these chapters has to be followed by a new event of exactly its type.
IN_SCOPE = (
    "balance.available "
    "charge.captured charge.dispute.closed charge.dispute.created charge.dispute.updated charge.failed "
    "charge.refund.updated charge.refunded charge.succeeded "
    "checkout.session.async_payment_failed checkout.session.async_payment_succeeded "
    "checkout.session.completed checkout.session.expired "
    "coupon.created coupon.deleted coupon.updated "
    "customer.created customer.deleted customer.discount.created customer.discount.deleted "
    "customer.discount.updated customer.source.created customer.source.updated customer.updated "
    "payment_intent.amount_capturable_updated payment_intent.canceled payment_intent.created "
    "payment_intent.payment_failed payment_intent.processing payment_intent.requires_action "
    "payment_intent.succeeded "
    "payment_link.created payment_link.updated "
    "payment_method.attached payment_method.detached payment_method.updated "
    "payout.created payout.updated "
    "plan.created plan.deleted plan.updated "
    "price.created price.updated "
    "product.created product.deleted product.updated "
    "promotion_code.created promotion_code.updated "
    "setup_intent.canceled setup_intent.created setup_intent.requires_action setup_intent.setup_failed "
    "setup_intent.succeeded "
    "tax_rate.created tax_rate.updated"
).split()

# Of chapters that are out of scope or come later: the API says so, in Stripe's words.
OUT_OF_SCOPE = (
    "account.updated billing_portal.configuration.created issuing_card.created "
    "reporting.report_run.succeeded topup.created transfer.created"
).split()
