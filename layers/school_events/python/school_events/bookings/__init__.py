"""Bookings: places, holds, guards, bookings; what money means for a place; the register."""
