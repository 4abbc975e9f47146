"""What pages and the API ask of a home: the same questions behind both."""
