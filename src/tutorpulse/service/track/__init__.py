"""The track record of a home: outcomes looked up as they mature, figures kept by month."""
