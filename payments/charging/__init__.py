"""Taking money: intents, charges, refunds, payment methods and the verbs over them."""
