"""What movements of money enter in the ledger."""
