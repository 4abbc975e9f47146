"""Charts: options of ECharts, built here and sent as JSON, each with its label and its table."""
