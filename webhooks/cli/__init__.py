"""The Stripe CLI's protocol: its sessions, what waits for each, and the WebSocket that carries it."""
