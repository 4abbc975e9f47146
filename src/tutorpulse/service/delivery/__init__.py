"""Delivery: who is told what of alerts and moves, by mail, chat and webhook."""
