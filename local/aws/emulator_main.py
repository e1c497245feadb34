"""Start ministack in its own environment, where nothing else of this project can be imported (see `emulator.py`)."""

import runpy
import socketserver

# Its Lambda Runtime API writes headers and body apart, and with Nagle's algorithm that costs 40 ms a call.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

if __name__ == "__main__":
    runpy.run_module("ministack", run_name="__main__")
