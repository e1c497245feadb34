"""Registers: who came to a session, said by whom, as apps bring it in when they can (D7)."""
