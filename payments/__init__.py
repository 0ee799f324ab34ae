"""The rules of money: nouns, their states and the verbs over them; nothing here knows HTTP."""
