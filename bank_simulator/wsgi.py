"""The bank as a WSGI server loads it: `granian --interface wsgi bank_simulator.wsgi:app`."""

from bank_simulator import create_bank

app = create_bank()
app.extensions["bank"].start()
