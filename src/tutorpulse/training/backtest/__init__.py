"""The backtest: history replayed in arrival order, with retraining, as live would have been."""
