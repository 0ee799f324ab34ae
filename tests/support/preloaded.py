"""What the nursery imports before its first fork: every program that tests start as a process of its own."""

import gc

import granian  # noqa: F401
from sqlalchemy.orm import configure_mappers

import app  # noqa: F401
import bank_simulator.__main__
import bank_simulator.fault_proxy  # noqa: F401
import migrations.__main__  # noqa: F401
import seed  # noqa: F401
import serve  # noqa: F401
import tests.chaos.sink
import tests.failpoints.stage  # noqa: F401
import worker  # noqa: F401

# Each fork would else do this at its first query, which is more than the query takes.
configure_mappers()
# No fork's collector need walk through what is here for good; what it does not touch, all of them share.
gc.collect()
gc.freeze()
